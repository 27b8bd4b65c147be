import { Button, Stack, Text } from '@mantine/core'
import { type AnswerOf, call } from '../../api/call.ts'
import { useChange } from '../../api/use-change.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Note } from '../../parts/note.tsx'
import { ProblemNote } from '../../parts/sheet.tsx'
import { Count, Word } from '../../parts/values.tsx'

type Checked = AnswerOf<'GET /api/ledger/check'>

/** Computes every balance anew when somebody asks for it, and shows what does not fit. */
export function LedgerCheck() {
  const { t } = useLocale()
  const check = useChange<null, Checked>({ send: () => call('GET /api/ledger/check', {}), stale: [] })
  return (
    <Stack align="flex-start">
      <Text size="sm">{t('ledger.check_detail')}</Text>
      <Button loading={check.isPending} onClick={() => check.mutate(null)}>
        {t('ledger.check_now')}
      </Button>
      <ProblemNote problem={check.error} />
      {check.data !== undefined && <Findings checked={check.data} />}
    </Stack>
  )
}

function Findings({ checked }: { readonly checked: Checked }) {
  const { t } = useLocale()
  const { entries, transfers, findings } = checked
  const isSound = findings.every(({ count }) => count === 0)
  return (
    <>
      <Note isUrgent tone={isSound ? 'good' : 'bad'} title={t(isSound ? 'ledger.sound' : 'ledger.wrong')}>
        {t('ledger.checked', { entries, transfers })}
      </Note>
      <RowTable
        label={t('ledger.check')}
        rows={findings}
        keyOf={({ check }) => check}
        columns={[
          { head: t('ledger.check'), cell: ({ check }) => <Word>{check.replaceAll('_', ' ')}</Word> },
          {
            head: t('orders.status'),
            cell: ({ count }) =>
              count === 0 ? <Badge tone="good">{t('ledger.sound')}</Badge> : <Count value={count} />,
          },
          {
            head: t('audit.details'),
            cell: ({ differences }) =>
              differences.map(({ subject, expected, found }) => (
                <div key={subject}>
                  <Word>{t('ledger.difference', { subject, expected, found })}</Word>
                </div>
              )),
          },
        ]}
      />
    </>
  )
}
