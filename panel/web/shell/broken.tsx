import { Button, Stack, Text } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { useLocale } from '../i18n/locale.tsx'
import { Note } from '../parts/note.tsx'

interface State {
  readonly error: Error | undefined
}

/** Catches what breaks a page (a bug, or a file of a build that is gone after an upgrade), and offers to load it anew. */
export class Broken extends Component<{ readonly children: ReactNode }, State> {
  override readonly state: State = { error: undefined }

  static getDerivedStateFromError(error: Error): State {
    return { error }
  }

  override render(): ReactNode {
    return this.state.error === undefined ? this.props.children : <BrokenNote error={this.state.error} />
  }
}

function BrokenNote(props: { readonly error: Error }) {
  const { t } = useLocale()
  return (
    <Note isUrgent tone="bad" title={t('broken.title')}>
      <Stack align="flex-start">
        <Text size="sm">{props.error.message}</Text>
        <Button size="xs" onClick={() => location.reload()}>
          {t('broken.reload')}
        </Button>
      </Stack>
    </Note>
  )
}
