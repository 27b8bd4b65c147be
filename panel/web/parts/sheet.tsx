import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Problem } from '../api/problem.ts'
import { useLocale } from '../i18n/locale.tsx'
import { Note } from './note.tsx'
import { useFocusBack } from './opener.ts'
import { changeTrouble, fieldText, issueText } from './problem-words.ts'

interface SheetProps {
  readonly title: string
  readonly close: () => void
  readonly children: ReactNode
  readonly size?: string
  /** Only its own button closes it: what it shows is shown once. */
  readonly isKept?: boolean
}

/** A dialog above the page. */
export function Sheet({ title, close, children, size = 'md', isKept = false }: SheetProps) {
  const { t } = useLocale()
  useFocusBack()
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      size={size}
      transitionProps={{ duration: 0 }}
      withCloseButton={!isKept}
      closeOnClickOutside={!isKept}
      closeOnEscape={!isKept}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {children}
    </Modal>
  )
}

interface FormSheetProps extends SheetProps {
  readonly submit: () => void
  readonly submitText: string
  readonly busy: boolean
  /** Why the last attempt failed. */
  readonly problem: Problem | null
  /** What cannot be taken back is red. */
  readonly isGrave?: boolean
  readonly disabled?: boolean
}

/** A dialog that asks something and does it. */
export function FormSheet(props: FormSheetProps) {
  const { t } = useLocale()
  return (
    <Sheet title={props.title} close={props.close} {...(props.size === undefined ? {} : { size: props.size })}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          props.submit()
        }}
      >
        <Stack>
          {props.children}
          <ProblemNote problem={props.problem} />
          <Group justify="flex-end">
            <Button variant="default" onClick={props.close}>
              {t('cancel')}
            </Button>
            <Button
              type="submit"
              loading={props.busy}
              disabled={props.disabled === true}
              {...(props.isGrave === true ? { color: 'red.9' } : {})}
            >
              {props.submitText}
            </Button>
          </Group>
        </Stack>
      </form>
    </Sheet>
  )
}

/** Why something that a person asked for was refused or failed. */
export function ProblemNote(props: { readonly problem: Problem | null }) {
  const { t } = useLocale()
  const { problem } = props
  if (problem === null) return null
  const { head, cause } = changeTrouble(problem, t)
  return (
    <Note isUrgent tone="bad" title={head}>
      {problem.errors.length === 0 ? (
        <bdi>{cause}</bdi>
      ) : (
        <ul>
          {problem.errors.map(({ field, message, issue }) => (
            <li key={`${field} ${message}`}>
              <b>{fieldText(field, t)}</b> {issueText(issue, t)}{' '}
              <Text size="xs" component="div">
                <bdi>{message}</bdi>
              </Text>
            </li>
          ))}
        </ul>
      )}
      {problem.status === 412 && (
        <Button mt="xs" size="xs" onClick={() => location.reload()}>
          {t('broken.reload')}
        </Button>
      )}
    </Note>
  )
}
