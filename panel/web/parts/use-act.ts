import { type ChangeOptions, useChange } from '../api/use-change.ts'
import { useLocale } from '../i18n/locale.tsx'
import { tellTrouble, toast } from '../shell/toasts.tsx'

/** A change made by one click: what came of it is said in the corner of the page. */
export function useAct<I, O>(options: Omit<ChangeOptions<I, O>, 'onProblem'> & { readonly doneText?: string }) {
  const { t } = useLocale()
  return useChange<I, O>({
    ...options,
    onDone: (answer, input) => {
      if (options.doneText !== undefined) toast('good', options.doneText)
      options.onDone?.(answer, input)
    },
    onProblem: (problem) => tellTrouble(problem, t),
  })
}
