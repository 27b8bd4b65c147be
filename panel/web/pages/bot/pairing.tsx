import { Button, Group, List, Paper, Stack, Text, Title } from '@mantine/core'
import '@mantine/core/styles/List.css'
import { isOpen } from '../../../../domain/pairing.ts'
import { askForCode, usePairing } from '../../api/bots.ts'
import { useChange } from '../../api/use-change.ts'
import type { InstanceView, PairingView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Note } from '../../parts/note.tsx'
import { QrCode } from '../../parts/qr-code.tsx'
import { ProblemNote } from '../../parts/sheet.tsx'
import { useNow } from '../../parts/use-now.ts'
import { Copy, Moment } from '../../parts/values.tsx'

/** Links a WhatsApp bot to its phone, by a code to type or a QR code to scan. */
export function Pairing({ bot }: { readonly bot: InstanceView }) {
  const query = usePairing(bot.id)
  return (
    <Loaded query={query} height={220}>
      {(pairing) => (
        <Stack>
          <Standing pairing={pairing} />
          <Shown pairing={pairing} />
          <Ask bot={bot} pairing={pairing} />
        </Stack>
      )}
    </Loaded>
  )
}

function Standing({ pairing }: { readonly pairing: PairingView }) {
  const { t } = useLocale()
  if (pairing.linked) {
    return (
      <Note tone="good" title={t('pairing.linked')}>
        <bdi dir="ltr">{pairing.phone_number}</bdi> <Moment iso={pairing.linked_at} />
      </Note>
    )
  }
  if (pairing.step === 'refused') {
    return (
      <Note isUrgent tone="bad" title={t('pairing.step_refused')}>
        {pairing.reason}
      </Note>
    )
  }
  return (
    <Text role="status">
      {t(`pairing.step_${pairing.step}`)}
      {pairing.reason !== null && <>: {pairing.reason}</>}
    </Text>
  )
}

function Shown({ pairing }: { readonly pairing: PairingView }) {
  const { t } = useLocale()
  if (pairing.code === null && pairing.qr === null) return null
  return (
    <Paper withBorder p="md">
      <Stack align="center">
        {pairing.code !== null && (
          <>
            <Title order={3} className="mono" dir="ltr" aria-label={pairing.code.split('').join(' ')}>
              {pairing.code}
            </Title>
            <Copy value={pairing.code} what={t('pairing.code')} />
          </>
        )}
        {pairing.qr !== null && <QrCode text={pairing.qr} label={t('pairing.qr')} />}
        <Countdown until={pairing.expires_at ?? pairing.until} />
      </Stack>
      <List type="ordered" size="sm" mt="md">
        <List.Item>{t('pairing.how_1')}</List.Item>
        <List.Item>{t('pairing.how_2')}</List.Item>
        <List.Item>{t(pairing.qr === null ? 'pairing.how_3_code' : 'pairing.how_3_qr')}</List.Item>
      </List>
    </Paper>
  )
}

function Countdown({ until }: { readonly until: string | null }) {
  const { t, format } = useLocale()
  const now = useNow()
  if (until === null) return null
  return (
    <Text size="sm" role="timer">
      {t('pairing.left', { time: format.duration(Math.max(0, Date.parse(until) - now)) })}
    </Text>
  )
}

function Ask({ bot, pairing }: { readonly bot: InstanceView; readonly pairing: PairingView }) {
  const { t } = useLocale()
  const now = useNow()
  const ask = useChange({
    send: (method: 'code' | 'qr') => askForCode(bot.id, method),
    stale: ['pairing', 'bots'],
  })
  const mustWait = pairing.retry_at !== null && Date.parse(pairing.retry_at) > now
  const underway = pairing.step !== 'none' && isOpen(pairing.step)
  return (
    <Stack gap="xs">
      {mustWait && (
        <Text size="sm">
          {t('pairing.wait')} <Moment iso={pairing.retry_at} />
        </Text>
      )}
      <ProblemNote problem={ask.error} />
      <Group>
        {(['code', 'qr'] as const).map((method) => (
          <Button
            key={method}
            variant={method === 'code' ? 'filled' : 'default'}
            disabled={mustWait}
            loading={ask.isPending && ask.variables === method}
            onClick={() => ask.mutate(method)}
          >
            {t(underway && pairing.method === method ? `pairing.again_${method}` : `pairing.ask_${method}`)}
          </Button>
        ))}
      </Group>
    </Stack>
  )
}
