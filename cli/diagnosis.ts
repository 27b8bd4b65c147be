import { Failure } from '../domain/failure.ts'
import { redactText } from '../runtime/redact.ts'
import type { Output, Style } from './output.ts'
import { escapeControls, padText, wrapText } from './text-width.ts'

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly name: string
  readonly verdict: 'ok' | 'warn' | 'fail'
  /** What was found. */
  readonly detail: string
  /** What to do about it. */
  readonly todo?: string
}

const styles: Record<Finding['verdict'], Style> = { ok: 'green', warn: 'yellow', fail: 'red' }

/** Looks at one thing; what throws becomes a finding too, so that one trouble does not hide the others. */
export async function examine(name: string, look: () => Promise<Omit<Finding, 'name'>>): Promise<Finding> {
  try {
    return { name, ...(await look()) }
  } catch (error) {
    if (error instanceof Failure) return { name, verdict: 'fail', detail: error.message }
    const { code, message } = error as NodeJS.ErrnoException
    return {
      name,
      verdict: 'fail',
      detail: redactText(code === undefined || message.includes(code) ? message : `${message} (${code})`),
      todo: 'nobody expected that: was something changed by hand? Otherwise it is a bug worth reporting',
    }
  }
}

/** Prints findings and what else there is to show, and throws `unavailable` when one of them is a failure, so that scripts see it. */
export function printFindings(
  output: Output,
  findings: readonly Finding[],
  more: { fields: Record<string, unknown>; text: string } = { fields: {}, text: '' },
): void {
  const failed = findings.filter(({ verdict }) => verdict === 'fail')
  output.result(
    { ...more.fields, healthy: failed.length === 0, checks: findings },
    () => renderFindings(output, findings) + more.text,
  )
  if (failed.length > 0) {
    throw new Failure('unavailable', `needs attention: ${failed.map(({ name }) => name).join(', ')}`)
  }
}

function renderFindings(output: Output, findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  return findings
    .flatMap(({ name, verdict, detail, todo }) => {
      const head = `${output.style(styles[verdict], padText(verdict, 4))}  ${padText(name, width)}  `
      const found = wrapText(escapeControls(detail), output.width - width - 8)
      const lines = todo === undefined ? found : [...found, ...wrapText(todo, output.width - width - 8)]
      return lines.map((line, at) => `${at === 0 ? head : ' '.repeat(width + 8)}${line}`)
    })
    .join('\n')
}
