import { Button, Group, Paper, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { UserBotStatus } from '../../../../domain/user-bot.ts'
import { type AnswerOf, call } from '../../api/call.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { useChange } from '../../api/use-change.ts'
import type { TextKey } from '../../i18n/catalogue.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { FormSheet, ProblemNote } from '../../parts/sheet.tsx'
import { TokenInput } from '../../parts/token-input.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Moment, Word } from '../../parts/values.tsx'
import { openSheet } from '../../shell/sheet-host.tsx'
import { toast } from '../../shell/toasts.tsx'

type OwnBot = Extract<AnswerOf<'GET /api/user-bot/status'>, { has_bot: true }>

/** Where an agent's user sets up the bot of their own, by its token; an operator approves it (seed 002). */
export function OwnBotPage() {
  const { t } = useLocale()
  const query = useAnswer('bots', 'GET /api/user-bot/status', {})
  return (
    <>
      <PageHead title={t('own_bot.title')} />
      <Paper withBorder p="lg" maw="34rem">
        <Loaded query={query}>{(bot) => (bot.has_bot ? <Configured bot={bot} /> : <SetUp />)}</Loaded>
      </Paper>
    </>
  )
}

function SetUp() {
  const { t } = useLocale()
  const [token, setToken] = useState('')
  const create = useChange({
    send: (bot_token: string, idempotencyKey) =>
      call('POST /api/user-bot/create', { body: { bot_token }, idempotencyKey }),
    stale: ['bots'],
    onDone: () => toast('good', t('create.done')),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate(token.trim())
      }}
    >
      <Stack>
        <Text>{t('own_bot.hint')}</Text>
        <TokenInput
          description={t('create.token_hint')}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <ProblemNote problem={create.error} />
        <Group>
          <Button type="submit" loading={create.isPending}>
            {t('own_bot.set_up')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** The seed's words in those of the panel. */
const statusText: Record<UserBotStatus, TextKey> = {
  pending: 'status.new',
  active: 'status.active',
  paused: 'status.paused',
  expired: 'status.expired',
  suspended: 'status.suspended',
  error: 'bots.trouble',
  rate_limited: 'bots.trouble',
}

function Configured({ bot }: { readonly bot: OwnBot }) {
  const { t } = useLocale()
  const verify = useAct({
    send: () => call('POST /api/user-bot/verify', {}),
    stale: ['bots'],
    doneText: t('create.token_valid'),
  })
  return (
    <Stack>
      <Facts
        rows={[
          [t('bots.name'), <Word key="name">{bot.bot_username === null ? null : `@${bot.bot_username}`}</Word>],
          [t('bots.status'), t(statusText[bot.status])],
          [t('own_bot.is_verified'), t(bot.is_verified ? 'yes' : 'no')],
          [t('bots.created'), <Moment key="created" iso={bot.created_at} />],
        ]}
      />
      <Group>
        <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate(null)}>
          {t('own_bot.verify')}
        </Button>
        <Button color="red.9" onClick={() => openSheet((close) => <RemoveSheet close={close} />)}>
          {t('action.delete')}
        </Button>
      </Group>
    </Stack>
  )
}

function RemoveSheet({ close }: { readonly close: () => void }) {
  const { t } = useLocale()
  const remove = useChange<null>({
    send: () => call('DELETE /api/user-bot/remove', {}),
    stale: ['bots'],
    onDone: close,
  })
  return (
    <FormSheet
      title={t('own_bot.remove')}
      close={close}
      submit={() => remove.mutate(null)}
      submitText={t('action.delete')}
      busy={remove.isPending}
      problem={remove.error}
      isGrave
    >
      <Text>{t('delete.detail')}</Text>
    </FormSheet>
  )
}
