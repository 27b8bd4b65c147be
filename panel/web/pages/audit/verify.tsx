import { Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { anchorText } from '../../../../domain/audit.ts'
import { type AnswerOf, call } from '../../api/call.ts'
import { useChange } from '../../api/use-change.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Note } from '../../parts/note.tsx'
import { FormSheet } from '../../parts/sheet.tsx'
import { Copy, Count, Moment } from '../../parts/values.tsx'

type Verdict = AnswerOf<'POST /api/audit/verify'>

/** Checks every link of the chain; a head that was noted earlier proves that nothing before it was written anew. */
export function VerifySheet({ close }: { readonly close: () => void }) {
  const { t } = useLocale()
  const [anchor, setAnchor] = useState('')
  const verify = useChange({
    send: (noted: string) =>
      call('POST /api/audit/verify', { body: noted.trim() === '' ? {} : { anchor: noted.trim() } }),
    stale: [],
  })
  return (
    <FormSheet
      title={t('audit.verify')}
      close={close}
      size="lg"
      submit={() => verify.mutate(anchor)}
      submitText={t('audit.verify')}
      busy={verify.isPending}
      problem={verify.error}
    >
      <Text size="sm">{t('audit.verify_detail')}</Text>
      <TextInput
        label={t('audit.anchor')}
        description={t('audit.anchor_hint')}
        dir="ltr"
        value={anchor}
        onChange={(event) => setAnchor(event.currentTarget.value)}
        data-autofocus
      />
      {verify.data !== undefined && <VerdictNote verdict={verify.data} />}
    </FormSheet>
  )
}

function VerdictNote({ verdict }: { readonly verdict: Verdict }) {
  const { t } = useLocale()
  const { ok, checked, findings, head } = verdict
  return (
    <>
      <Note
        isUrgent
        tone={ok ? 'good' : 'bad'}
        title={t(ok ? 'audit.sound' : 'audit.broken', { count: ok ? checked : findings.length })}
      >
        {verdict.more ? t('audit.and_more') : undefined}
      </Note>
      {findings.length > 0 && (
        <RowTable
          label={t('audit.findings')}
          rows={findings}
          keyOf={({ kind, id, position }) => `${kind} ${id ?? ''} ${position ?? ''}`}
          columns={[
            { head: t('audit.finding'), cell: ({ kind }) => t(`audit.${kind}`) },
            { head: t('audit.entry'), cell: ({ id }) => <Count value={id} /> },
            { head: t('audit.position'), cell: ({ position }) => <Count value={position} /> },
          ]}
        />
      )}
      {ok && head !== null && (
        <Text size="sm" component="div">
          {t('audit.head')} <Moment iso={head.chained_at} />
          <div className="mono" style={{ overflowWrap: 'anywhere' }}>
            <bdi dir="ltr">{anchorText(head)}</bdi> <Copy value={anchorText(head)} what={t('audit.anchor')} />
          </div>
        </Text>
      )}
    </>
  )
}
