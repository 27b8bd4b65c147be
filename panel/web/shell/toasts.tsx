import { Notification } from '@mantine/core'
import type { Problem } from '../api/problem.ts'
import { createStore, useStore } from '../api/store.ts'
import { type Locale, useLocale } from '../i18n/locale.tsx'
import { changeTrouble } from '../parts/problem-words.ts'

interface Toast {
  readonly id: number
  readonly tone: 'good' | 'bad'
  readonly text: string
  readonly detail: string | undefined
}

const toasts = createStore<readonly Toast[]>([])
const shownMs = { good: 6_000, bad: 20_000 }
let lastId = 0

/** Says in a corner of the page what came of something; what went wrong stays longer. */
export function toast(tone: Toast['tone'], text: string, detail?: string): void {
  lastId += 1
  const id = lastId
  toasts.set([...toasts.get().slice(-3), { id, tone, text, detail }])
  setTimeout(() => dismiss(id), shownMs[tone])
}

/** Says there what became of a change that failed, and why. */
export function tellTrouble(problem: Problem, t: Locale['t']): void {
  const { head, cause } = changeTrouble(problem, t)
  toast('bad', head, cause)
}

function dismiss(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id))
}

export function Toasts() {
  const shown = useStore(toasts)
  const { t } = useLocale()
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, tone, text, detail }) => (
        <Notification
          key={id}
          withBorder
          color={tone === 'good' ? 'green' : 'red'}
          title={text}
          onClose={() => dismiss(id)}
          closeButtonProps={{ 'aria-label': t('close') }}
        >
          {detail}
        </Notification>
      ))}
    </div>
  )
}
