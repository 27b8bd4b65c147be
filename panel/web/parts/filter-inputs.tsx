import { NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useLocale } from '../i18n/locale.tsx'
import type { useFilter } from './use-filter.ts'

interface InputProps {
  readonly filter: ReturnType<typeof useFilter>
  readonly name: string
  readonly label: string
}

/** Types a part of a filter; what is typed counts when one stops. */
export function FilterText(props: InputProps & { readonly hint?: string }) {
  const { filter, name, label, hint } = props
  const set = useDebouncedCallback((text: string) => filter.set(name, text), 300)
  return (
    <TextInput
      type="search"
      label={label}
      placeholder={hint}
      defaultValue={filter.get(name)}
      onChange={(event) => set(event.currentTarget.value)}
    />
  )
}

interface Choice {
  readonly value: string
  readonly label: string
}

interface ChoiceProps extends InputProps {
  readonly choices: readonly Choice[]
  /** What it is called to choose none of them, where that is not all. */
  readonly allText?: string
}

/** Chooses a part of a filter, or all. */
export function FilterChoice({ filter, name, label, choices, allText }: ChoiceProps) {
  const { t } = useLocale()
  return (
    <NativeSelect
      label={label}
      value={filter.get(name)}
      onChange={(event) => filter.set(name, event.currentTarget.value)}
      data={[{ value: '', label: allText ?? t('all') }, ...choices]}
    />
  )
}
