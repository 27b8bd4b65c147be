import { Button, FileInput, Group, NativeSelect, Paper, Progress, Stack, Text, Textarea, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../../api/problem.ts'
import { type Added, countAdded, cutFile, cutGoods, nothingAdded, type Piece, sendPiece } from '../../api/send-goods.ts'
import type { TextKey } from '../../i18n/catalogue.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Note } from '../../parts/note.tsx'
import { ProblemNote } from '../../parts/sheet.tsx'

const formats = ['lines', 'csv', 'jsonl', 'file'] as const
type Format = (typeof formats)[number]

interface Run {
  readonly pieces: readonly Piece[]
  readonly sent: number
  readonly added: Added
  readonly problem: Problem | null
  readonly isRunning: boolean
}

/** Adds goods: typed, or out of a file; what is too much for one request goes in pieces, and goes on after a break. */
export function Upload({ product }: { readonly product: string }) {
  const { t } = useLocale()
  const [format, setFormat] = useState<Format>('lines')
  const [text, setText] = useState('')
  const [file, setFile] = useState<File | null>(null)
  const { run, go } = useUpload(product, () => {
    setText('')
    setFile(null)
  })
  const begin = async () => {
    const pieces = await piecesOf(format, text, file)
    await go({ pieces, sent: 0, added: nothingAdded, problem: null, isRunning: true })
  }
  const isBroken = run?.problem?.outcomeUnknown === true
  return (
    <Paper withBorder p="md" mb="md">
      <Title order={2} size="h4" mb="xs">
        {t('stock.add')}
      </Title>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void (isBroken ? go(run) : begin())
        }}
      >
        <Stack>
          <NativeSelect
            label={t('stock.format')}
            data={formats.map((value) => ({ value, label: t(`stock.format_${value}`) }))}
            value={format}
            onChange={(event) => setFormat(formats.find((one) => one === event.currentTarget.value) ?? 'lines')}
          />
          {format === 'lines' && file === null && (
            <Textarea
              label={t('stock.goods')}
              description={t('stock.goods_hint')}
              autosize
              minRows={3}
              maxRows={10}
              dir="ltr"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
          <FileInput
            label={t('stock.file')}
            placeholder={t('stock.choose_file')}
            clearable
            clearButtonProps={{ 'aria-label': t('stock.no_file') }}
            value={file}
            onChange={setFile}
          />
          {run !== undefined && <Standing run={run} />}
          <Group>
            <Button
              type="submit"
              loading={run?.isRunning === true}
              disabled={!isBroken && text.trim() === '' && file === null}
            >
              {t(isBroken ? 'stock.go_on' : 'stock.add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  )
}

/** Sends pieces one after the other from where a run stands; `done` is called when all of them are in. */
function useUpload(product: string, done: () => void) {
  const client = useQueryClient()
  const [run, setRun] = useState<Run | undefined>(undefined)
  const go = async (from: Run) => {
    let now: Run = { ...from, problem: null, isRunning: true }
    setRun(now)
    try {
      for (const piece of now.pieces.slice(now.sent)) {
        const answer = await sendPiece(product, piece)
        now = { ...now, sent: now.sent + 1, added: countAdded(now.added, answer) }
        setRun(now)
      }
      done()
      now = { ...now, isRunning: false }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      now = { ...now, isRunning: false, problem: error }
    }
    setRun(now)
    await client.invalidateQueries({ queryKey: ['catalogue'] })
  }
  return { run, go }
}

async function piecesOf(format: Format, text: string, file: File | null): Promise<Piece[]> {
  if (file === null) return cutGoods(text, 'lines', 'panel')
  return format === 'file' ? cutFile(file) : cutGoods(await file.text(), format, file.name)
}

const troubleText: Readonly<Record<string, TextKey>> = {
  blank: 'stock.blank',
  too_long: 'stock.too_long',
  not_utf8: 'stock.not_utf8',
  control_characters: 'stock.control_characters',
  repeated: 'stock.repeated',
  in_stock: 'stock.in_stock',
}

function Standing({ run }: { readonly run: Run }) {
  const { t } = useLocale()
  const { added, skipped } = run.added
  const part = run.pieces.length === 0 ? 100 : (100 * run.sent) / run.pieces.length
  return (
    <div aria-live="polite">
      <Progress value={part} aria-label={t('stock.progress', { sent: run.sent, all: run.pieces.length })} />
      <Text size="sm" mt={4}>
        {t('stock.added', { count: added })} {t('stock.progress', { sent: run.sent, all: run.pieces.length })}
      </Text>
      {Object.entries(skipped).map(([trouble, count]) => (
        <Note key={trouble} tone="warn">
          {t(troubleText[trouble] ?? 'stock.blank', { count })}
        </Note>
      ))}
      <ProblemNote problem={run.problem} />
    </div>
  )
}
