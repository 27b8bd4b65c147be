import { NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'
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
  const current = filter.get(name)
  const [typed, setTyped] = useState(current)
  const set = useDebouncedCallback((text: string) => filter.set(name, text), 300)
  // It may be set from elsewhere too: by the way back, or by a click on what a row says.
  useEffect(() => setTyped(current), [current])
  return (
    <TextInput
      type="search"
      label={label}
      placeholder={hint}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        set(event.currentTarget.value)
      }}
    />
  )
}

/** Chooses a moment of a filter, by the clock of who looks; in the address it is in UTC. */
export function FilterMoment({ filter, name, label }: InputProps) {
  const given = Date.parse(filter.get(name))
  return (
    <TextInput
      type="datetime-local"
      label={label}
      defaultValue={Number.isNaN(given) ? '' : localMinute(given)}
      onChange={(event) => {
        const chosen = new Date(event.currentTarget.value)
        filter.set(name, Number.isNaN(chosen.getTime()) ? '' : chosen.toISOString())
      }}
    />
  )
}

/** A moment as the input writes it: `2026-11-21T18:05`. */
function localMinute(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
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
