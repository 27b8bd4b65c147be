import { NativeSelect, PasswordInput, Switch, Text, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/use-change.ts'
import { useLocale } from '../i18n/locale.tsx'
import { toast } from '../shell/toasts.tsx'
import { FormSheet } from './sheet.tsx'

/** One thing that a dialog asks. Its value is a text; of a flag `yes` or nothing. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly kind?: 'line' | 'long' | 'secret' | 'amount' | 'choice' | 'flag'
  readonly choices?: readonly { readonly value: string; readonly label: string }[]
  readonly value?: string
  readonly isOptional?: boolean
  /** Of a secret: what a password manager may fill in. */
  readonly fill?: 'current-password' | 'new-password'
  /** Whether it is asked, by what stands in the other fields; unset: always. */
  readonly isAsked?: (values: Values) => boolean
  /** Latin text, such as an id or an address, in every language. */
  readonly isLatin?: boolean
}

export type Values = Readonly<Record<string, string>>

interface AskProps<Answer> {
  readonly title: string
  readonly submitText: string
  readonly fields: readonly Field[]
  readonly send: (values: Values, idempotencyKey: string) => Promise<Answer>
  /** First words of the queries that show something else afterwards. */
  readonly stale: readonly string[]
  readonly close: () => void
  /** What is said in the corner when it was done. */
  readonly doneText?: string | ((answer: Answer) => string)
  readonly onDone?: (answer: Answer) => void
  readonly isGrave?: boolean
  readonly children?: ReactNode
}

/** A dialog of a few fields that are sent together. */
export function AskSheet<Answer>(props: AskProps<Answer>) {
  const { fields, close, doneText } = props
  const { t } = useLocale()
  const [values, setValues] = useState<Values>(() =>
    Object.fromEntries(fields.map(({ name, value }) => [name, value ?? ''])),
  )
  const change = useChange({
    send: props.send,
    stale: props.stale,
    onDone: (answer) => {
      toast('good', typeof doneText === 'function' ? doneText(answer) : (doneText ?? t('saved')))
      close()
      props.onDone?.(answer)
    },
  })
  const asked = fields.filter(({ isAsked }) => isAsked === undefined || isAsked(values))
  return (
    <FormSheet
      title={props.title}
      close={close}
      submit={() => change.mutate(values)}
      submitText={props.submitText}
      busy={change.isPending}
      problem={change.error}
      isGrave={props.isGrave === true}
    >
      {props.children !== undefined && <Text size="sm">{props.children}</Text>}
      {asked.map((field, index) => (
        <FieldInput
          key={field.name}
          field={field}
          isFirst={index === 0}
          value={values[field.name] ?? ''}
          set={(value) => setValues({ ...values, [field.name]: value })}
        />
      ))}
    </FormSheet>
  )
}

interface InputProps {
  readonly field: Field
  readonly isFirst: boolean
  readonly value: string
  readonly set: (value: string) => void
}

function FieldInput({ field, isFirst, value, set }: InputProps) {
  const { t } = useLocale()
  const common = {
    label: field.label,
    description: field.hint,
    required: field.isOptional !== true,
    value,
    ...(isFirst ? { 'data-autofocus': true } : {}),
    ...(field.isLatin === true ? { dir: 'ltr' as const } : {}),
  }
  const kind = field.kind ?? 'line'
  switch (kind) {
    case 'flag':
      return (
        <Switch
          label={field.label}
          description={field.hint}
          checked={value === 'yes'}
          onChange={(event) => set(event.currentTarget.checked ? 'yes' : '')}
        />
      )
    case 'choice':
      return (
        <NativeSelect
          {...common}
          data={[...(field.choices ?? [])]}
          onChange={(event) => set(event.currentTarget.value)}
        />
      )
    case 'long':
      return (
        <Textarea {...common} autosize minRows={3} maxRows={12} onChange={(event) => set(event.currentTarget.value)} />
      )
    case 'secret':
      return (
        <PasswordInput
          {...common}
          autoComplete={field.fill ?? 'off'}
          visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show_password'), tabIndex: 0 }}
          onChange={(event) => set(event.currentTarget.value)}
        />
      )
    case 'amount':
      return (
        <TextInput {...common} inputMode="decimal" dir="ltr" onChange={(event) => set(event.currentTarget.value)} />
      )
    case 'line':
      return <TextInput {...common} onChange={(event) => set(event.currentTarget.value)} />
    default:
      return kind satisfies never
  }
}
