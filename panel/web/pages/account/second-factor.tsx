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
import { Copy, Moment } from '../../parts/values.tsx'

/** An authenticator app beside the password: set up, recovery codes, ended. */
export function SecondFactor() {
  const { t } = useLocale()
  const query = useAnswer('second-factor', 'GET /api/me/second-factor', {})
  const [asks, setAsks] = useState<'begin' | 'codes' | 'end' | undefined>(undefined)
  const [begun, setBegun] = useState<NewSecondFactor | undefined>(undefined)
  const [codes, setCodes] = useState<readonly string[] | undefined>(undefined)
  const close = () => setAsks(undefined)
  const password = { name: 'password', label: t('sign_in.password'), kind: 'secret' } as const
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="xs">
        {t('factor.title')}
      </Title>
      {codes !== undefined && <RecoveryCodes codes={codes} done={() => setCodes(undefined)} />}
      {begun !== undefined && (
        <Confirm
          factor={begun}
          done={(shown) => {
            setBegun(undefined)
            setCodes(shown)
          }}
        />
      )}
      {begun === undefined && codes === undefined && (
        <Loaded query={query}>
          {(factor) => (
            <Stack gap="sm">
              <Text size="sm">
                {factor.enabled ? t('factor.on', { count: factor.recovery_codes_left }) : t('factor.off')}{' '}
                {factor.enabled && <Moment iso={factor.confirmed_at} day />}
              </Text>
              <Group>
                {!factor.enabled && (
                  <Button size="xs" onClick={() => setAsks('begin')}>
                    {t('factor.begin')}
                  </Button>
                )}
                {factor.enabled && (
                  <>
                    <Button size="xs" variant="default" onClick={() => setAsks('codes')}>
                      {t('factor.new_codes')}
                    </Button>
                    <Button size="xs" variant="default" onClick={() => setAsks('end')}>
                      {t('factor.end')}
                    </Button>
                  </>
                )}
              </Group>
            </Stack>
          )}
        </Loaded>
      )}
      {asks === 'begin' && (
        <AskSheet
          title={t('factor.begin')}
          submitText={t('create.next')}
          doneText={t('factor.begun')}
          fields={[password]}
          stale={[]}
          close={close}
          onDone={setBegun}
          send={(values) => call('POST /api/me/second-factor', { body: { password: values['password'] ?? '' } })}
        />
      )}
      {asks === 'codes' && (
        <AskSheet
          title={t('factor.new_codes')}
          submitText={t('factor.new_codes')}
          fields={[password]}
          stale={['second-factor']}
          close={close}
          send={(values) =>
            call('POST /api/me/second-factor/recovery-codes', { body: { password: values['password'] ?? '' } })
          }
          onDone={(answer) => setCodes(answer.recovery_codes)}
        >
          {t('factor.old_codes_end')}
        </AskSheet>
      )}
      {asks === 'end' && (
        <AskSheet
          title={t('factor.end')}
          submitText={t('factor.end')}
          fields={[password, { name: 'code', label: t('sign_in.code'), isLatin: true }]}
          stale={['second-factor', 'me']}
          close={close}
          isGrave
          send={(values) =>
            call('POST /api/me/second-factor/end', {
              body: { password: values['password'] ?? '', code: values['code'] ?? '' },
            })
          }
        />
      )}
    </Paper>
  )
}

function Confirm(props: { readonly factor: NewSecondFactor; readonly done: (codes: readonly string[]) => void }) {
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
          {t('factor.by_hand')} <bdi className="mono">{props.factor.secret}</bdi>{' '}
          <Copy value={props.factor.secret} what={t('factor.secret')} />
        </Text>
        <TextInput
          label={t('sign_in.code')}
          inputMode="numeric"
          autoComplete="one-time-code"
          dir="ltr"
          required
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <ProblemNote problem={confirm.error} />
        <Group>
          <Button type="submit" loading={confirm.isPending}>
            {t('factor.confirm')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function RecoveryCodes(props: { readonly codes: readonly string[]; readonly done: () => void }) {
  const { t } = useLocale()
  return (
    <Stack>
      <Note tone="warn" title={t('factor.codes_title')}>
        {t('factor.codes_detail')}
      </Note>
      <pre className="mono" dir="ltr">
        {props.codes.join('\n')}
      </pre>
      <Group>
        <Copy value={props.codes.join('\n')} what={t('factor.codes_title')} />
        <Button size="xs" onClick={props.done}>
          {t('factor.codes_kept')}
        </Button>
      </Group>
    </Stack>
  )
}
