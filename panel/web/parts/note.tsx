import type { ReactNode } from 'react'
import type { Tone } from './words.ts'

interface NoteProps {
  readonly tone: Tone
  readonly title?: string
  /** It is read out at once. */
  readonly isUrgent?: boolean
  readonly children?: ReactNode
}

/** Something to know before going on. */
export function Note({ tone, title, isUrgent = false, children }: NoteProps) {
  return (
    <div className="note" data-tone={tone} {...(isUrgent ? { role: 'alert' } : {})}>
      {title !== undefined && <strong>{title}</strong>}
      {children !== undefined && <div>{children}</div>}
    </div>
  )
}
