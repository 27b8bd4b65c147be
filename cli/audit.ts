import { resolve } from 'node:path'
import { type AuditFinding, type AuditVerdict, anchorText, parseAnchor } from '../domain/audit.ts'
import { Failure } from '../domain/failure.ts'
import { writeWholeFile } from '../runtime/whole-file.ts'
import { type AuditFormat, exportAudit } from '../services/audit/export-audit.ts'
import type { AuditFilter } from '../services/audit/list-audit.ts'
import { verifyAudit } from '../services/audit/verify-audit.ts'
import { assertKnown } from './assert-known.ts'
import type { Cli } from './command.ts'
import { withContext } from './context.ts'
import { startProgress } from './progress.ts'

/** Checks the whole audit and prints what came of it; throws `conflict` when something does not fit. */
export async function verify(cli: Cli, options: { readonly anchor?: string }): Promise<void> {
  const anchor = options.anchor === undefined ? undefined : parseAnchor(options.anchor)
  if (options.anchor !== undefined && anchor === undefined) {
    throw new Failure('usage', '--anchor is a place and a hash, such as the line that audit verify ends with')
  }
  await withContext(cli, async ({ database, actor }) => {
    const verdict = await verifyAudit(database, actor, { anchor, onProgress: startProgress(cli, 'entries') })
    cli.output.result(verdict, () => renderVerdict(verdict))
    if (!verdict.ok) throw new Failure('conflict', 'the audit is not what it was')
  })
}

function renderVerdict({ ok, checked, head, findings, more }: AuditVerdict): string {
  return [
    ...findings.map(findingText),
    ...(more ? ['... and more'] : []),
    ok ? `${checked} entries, all as they were chained.` : `${checked} entries looked at.`,
    ...(ok && head !== null ? ['Anchor, to be kept elsewhere:', anchorText(head)] : []),
  ].join('\n')
}

function findingText({ kind, position, id }: AuditFinding): string {
  const entry = id === null ? 'an entry' : `entry ${id}`
  const place = position === null ? '' : `, place ${position} of the chain`
  switch (kind) {
    case 'changed':
      return `changed    ${entry}${place}`
    case 'missing':
      return `missing    ${entry}${place}`
    case 'inserted':
      return `inserted   ${entry}, past the chain`
    case 'rewritten':
      return `rewritten  everything up to place ${position ?? 0}: the anchor is of another chain`
    default:
      return kind satisfies never
  }
}

export interface AuditExportOptions {
  readonly filter: AuditFilter
  readonly format?: AuditFormat | undefined
  readonly output?: string | undefined
  readonly force?: boolean | undefined
}

/** Writes what matches to stdout, or into a file of mode 0600. */
export async function exportToFileOrStdout(cli: Cli, options: AuditExportOptions): Promise<void> {
  const { filter, format = 'csv', output, force = false } = options
  await withContext(cli, async (context) => {
    await assertKnown(context, { tenant: filter.tenant })
    const { database, actor } = context
    const pieces = (as: AuditFormat) => untilInterrupted(cli, exportAudit(database, actor, { filter, format: as }))
    if (output !== undefined) {
      const path = resolve(cli.cwd, output)
      const bytes = await writeWholeFile({ path, overwrite: force, source: asBytes(pieces(format)) })
      cli.output.result({ file: path, format, bytes }, () => `${path}: ${bytes} bytes`)
    } else if (cli.output.json) {
      let text = ''
      for await (const piece of pieces('jsonl')) text += piece
      const rows = text.split('\n').flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]))
      cli.output.result(rows, () => '')
    } else for await (const piece of pieces(format)) cli.output.data(piece)
  })
}

async function* untilInterrupted(cli: Cli, pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) {
    cli.signal.throwIfAborted()
    yield piece
    if (cli.output.closed.aborted) return
  }
}

async function* asBytes(pieces: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece)
}
