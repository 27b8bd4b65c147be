import { Button, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { useChange } from '../../api/use-change.ts'
import type { NewSecondFactor } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Note } from '../../parts/note.tsx'
import { QrCode } from '../../parts/qr-code.tsx'
import { ProblemNote } from '../../parts/sheet.tsx'
import { Copy, Latin, Moment } from '../../parts/values.tsx'

/** With so few recovery codes left it is time for new ones. */
const fewCodes = 3

type Asked = 'begin' | 'codes' | 'end'

/** An authenticator app beside the password: set up, recovery codes, ended. */
export function SecondFactor() {
  const { t } = useLocale()
  const [asked, setAsked] = useState<Asked | undefined>(undefined)
  const [begun, setBegun] = useState<NewSecondFactor | undefined>(undefined)
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined)
  const confirmed = (shown: readonly string[]) => {
    setBegun(undefined)
    setCodes(shown)
  }
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">
        {t('factor.title')}
      </Title>
      {codes !== undefined && <RecoveryCodes codes={codes} done={() => setCodes(undefined)} />}
      {begun !== undefined && <Confirm factor={begun} done={confirmed} cancel={() => setBegun(undefined)} />}
      {begun === undefined && codes === undefined && <Standing ask={setAsked} />}
      {asked !== undefined && <Ask asked={asked} close={() => setAsked(undefined)} begin={setBegun} show={setCodes} />}
    </Paper>
  )
}

function Standing({ ask }: { readonly ask: (asked: Asked) => void }) {
  const { t } = useLocale()
  const query = useAnswer('second-factor', 'GET /api/me/second-factor', {})
  return (
    <Loaded query={query}>
      {({ enabled, recovery_codes_left: count, confirmed_at }) => (
        <Stack gap="sm">
          <Text size="sm">
            {enabled ? t('factor.on', { count }) : t('factor.off')} {enabled && <Moment iso={confirmed_at} day />}
          </Text>
          {enabled && count <= fewCodes && <Note tone="warn">{t('factor.few_codes')}</Note>}
          <Group>
            {enabled ? (
              <>
                <Button size="xs" variant="default" onClick={() => ask('codes')}>
                  {t('factor.new_codes')}
                </Button>
                <Button size="xs" variant="default" onClick={() => ask('end')}>
                  {t('factor.end')}
                </Button>
              </>
            ) : (
              <Button size="xs" onClick={() => ask('begin')}>
                {t('factor.begin')}
              </Button>
            )}
          </Group>
        </Stack>
      )}
    </Loaded>
  )
}

interface AskProps {
  readonly asked: Asked
  readonly close: () => void
  readonly begin: (factor: NewSecondFactor) => void
  readonly show: (codes: readonly string[]) => void
}

/** Each asks for the password: an open page may be somebody else's by now. */
function Ask({ asked, close, begin, show }: AskProps) {
  const { t } = useLocale()
  const password = {
    name: 'password',
    label: t('sign_in.password'),
    kind: 'secret',
    fill: 'current-password',
  } as const
  switch (asked) {
    case 'begin':
      return (
        <AskSheet
          title={t('factor.begin')}
          submitText={t('create.next')}
          doneText={t('factor.begun')}
          fields={[password]}
          stale={[]}
          close={close}
          send={(values) => call('POST /api/me/second-factor', { body: { password: values['password'] ?? '' } })}
          onDone={begin}
        />
      )
    case 'codes':
      return (
        <AskSheet
          title={t('factor.new_codes')}
          submitText={t('factor.new_codes')}
          fields={[password]}
          stale={['second-factor']}
          close={close}
          send={(values) =>
            call('POST /api/me/second-factor/recovery-codes', { body: { password: values['password'] ?? '' } })
          }
          onDone={(answer) => show(answer.recovery_codes)}
        >
          {t('factor.old_codes_end')}
        </AskSheet>
      )
    case 'end':
      return (
        <AskSheet
          title={t('factor.end')}
          submitText={t('factor.end')}
          fields={[password, { name: 'code', label: t('sign_in.code'), hint: t('sign_in.code_hint'), isLatin: true }]}
          stale={['second-factor', 'me']}
          close={close}
          isGrave
          send={(values) =>
            call('POST /api/me/second-factor/end', {
              body: { password: values['password'] ?? '', code: values['code'] ?? '' },
            })
          }
        />
      )
    default:
      return asked satisfies never
  }
}

interface ConfirmProps {
  readonly factor: NewSecondFactor
  readonly done: (codes: readonly string[]) => void
  readonly cancel: () => void
}

/** The secret counts once a code of it has come back. */
function Confirm(props: ConfirmProps) {
  const { t } = useLocale()
  const [code, setCode] = useState('')
  const confirm = useChange({
    send: (typed: string) => call('POST /api/me/second-factor/confirm', { body: { code: typed } }),
    stale: ['second-factor', 'me', 'sessions'],
    onDone: (answer) => props.done(answer.recovery_codes),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        confirm.mutate(code.replaceAll(/\s/g, ''))
      }}
    >
      <Stack>
        <Text size="sm">{t('factor.scan')}</Text>
        <QrCode text={props.factor.uri} label={t('factor.qr')} />
        <Text size="sm">
          {t('factor.by_hand')} <Latin>{props.factor.secret}</Latin>{' '}
          <Copy value={props.factor.secret} what={t('factor.secret')} />
        </Text>
        <TextInput
          label={t('sign_in.code')}
          inputMode="numeric"
          autoComplete="one-time-code"
          dir="ltr"
          required
          autoFocus
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <ProblemNote problem={confirm.error} />
        <Group>
          <Button type="submit" loading={confirm.isPending}>
            {t('factor.confirm')}
          </Button>
          <Button variant="default" onClick={props.cancel}>
            {t('cancel')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** The codes, shown this once: to be copied or kept as a file. */
function RecoveryCodes(props: { readonly codes: readonly string[]; readonly done: () => void }) {
  const { t } = useLocale()
  const text = props.codes.join('\n')
  return (
    <Stack>
      <Note isUrgent tone="warn" title={t('factor.codes_title')}>
        {t('factor.codes_detail')}
      </Note>
      <pre className="mono" dir="ltr">
        {text}
      </pre>
      <Group>
        <Copy value={text} what={t('factor.codes_title')} />
        <Button
          size="compact-xs"
          variant="default"
          component="a"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`}
          download="botfleet-recovery-codes.txt"
        >
          {t('factor.codes_file')}
        </Button>
        <Button size="xs" onClick={props.done}>
          {t('factor.codes_kept')}
        </Button>
      </Group>
    </Stack>
  )
}
