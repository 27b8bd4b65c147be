import { useSearchParams } from 'wouter'

/** A filter that lives in the address, so that it survives a reload and can be passed on. */
export function useFilter(): {
  readonly get: (name: string) => string
  readonly set: (name: string, value: string) => void
} {
  const [params, setParams] = useSearchParams()
  return {
    get: (name) => params.get(name) ?? '',
    set: (name, value) =>
      setParams(
        (before) => {
          if (value === '') before.delete(name)
          else before.set(name, value)
          return before
        },
        { replace: true },
      ),
  }
}
