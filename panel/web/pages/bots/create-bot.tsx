import { Button, Group, NativeSelect, Paper, Radio, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { type Placement, placements, platforms } from '../../../../domain/instance.ts'
import { checkToken, createBot, type NewBot } from '../../api/bots.ts'
import type { Problem } from '../../api/problem.ts'
import { useServerName, useServers } from '../../api/servers.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { useChange } from '../../api/use-change.ts'
import type { TokenVerdict } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Note } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { ProblemNote } from '../../parts/sheet.tsx'
import { TokenInput } from '../../parts/token-input.tsx'
import { Word } from '../../parts/values.tsx'
import { platformText } from '../../parts/words.ts'
import { toast } from '../../shell/toasts.tsx'

interface Fields {
  platform: 'telegram' | 'whatsapp'
  token: string
  phone_number: string
  name: string
  owner_id: string
  tenant: string
  /** Empty: the one that shows this page. */
  server: string
  placement: Placement
}

const blank: Fields = {
  platform: 'telegram',
  token: '',
  phone_number: '',
  name: '',
  owner_id: '',
  tenant: '',
  server: '',
  placement: 'pinned',
}

/** Creates a bot in two steps: what it is (its token is checked, or its number taken), then what it is called. */
export function CreateBotPage() {
  const { t } = useLocale()
  const [step, setStep] = useState<'credential' | 'details'>('credential')
  const form = useForm<Fields>({ initialValues: blank })
  const [verdict, setVerdict] = useState<TokenVerdict | undefined>(undefined)
  const learn = (found: TokenVerdict | undefined) => {
    setVerdict(found)
    if (found?.name && form.values.name === '') form.setFieldValue('name', found.name)
    setStep('details')
  }
  return (
    <>
      <PageHead title={t('bots.create')} />
      <Paper withBorder p="lg" maw="34rem">
        {step === 'credential' ? (
          <Credential form={form} next={learn} />
        ) : (
          <Details form={form} verdict={verdict} back={() => setStep('credential')} />
        )}
      </Paper>
    </>
  )
}

type BotForm = ReturnType<typeof useForm<Fields>>

function Credential(props: { readonly form: BotForm; readonly next: (verdict: TokenVerdict | undefined) => void }) {
  const { form, next } = props
  const { t } = useLocale()
  const { platform } = form.values
  const check = useMutation<TokenVerdict, Problem, string>({
    networkMode: 'always',
    mutationFn: checkToken,
    onSuccess: (verdict) => {
      if (verdict.verdict !== 'invalid') next(verdict)
    },
  })
  const submit = form.onSubmit(({ token }) => {
    if (platform === 'telegram') check.mutate(token.trim())
    else next(undefined)
  })
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={2} size="h4">
          {t('create.step', { n: 1, all: 2 })}
        </Title>
        <Radio.Group label={t('bots.platform')} {...form.getInputProps('platform')}>
          <Group mt={6}>
            {platforms.map((one) => (
              <Radio key={one} value={one} label={t(platformText[one])} />
            ))}
          </Group>
        </Radio.Group>
        {platform === 'telegram' ? (
          <TokenInput description={t('create.token_hint')} {...form.getInputProps('token')} />
        ) : (
          <TextInput
            label={t('create.phone')}
            description={t('create.phone_hint')}
            type="tel"
            dir="ltr"
            placeholder="+491701234567"
            required
            {...form.getInputProps('phone_number')}
          />
        )}
        {check.data?.verdict === 'invalid' && (
          <Note isUrgent tone="bad" title={t('create.token_invalid')}>
            {check.data.reason}
          </Note>
        )}
        <ProblemNote problem={check.error} />
        <Group>
          <Button type="submit" loading={check.isPending}>
            {t(platform === 'telegram' ? 'create.check' : 'create.next')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Details(props: {
  readonly form: BotForm
  readonly verdict: TokenVerdict | undefined
  readonly back: () => void
}) {
  const { form, verdict, back } = props
  const { t } = useLocale()
  const [, go] = useLocation()
  const own = useServerName()
  const others = useServers().data?.items.flatMap(({ name }) => (name === own ? [] : [name])) ?? []
  const agents = useAnswer('agents', 'GET /api/agents', { query: { limit: 500 } }).data?.items ?? []
  const create = useChange({
    send: createBot,
    stale: ['bots', 'servers'],
    onDone: (bot) => {
      toast('good', t('create.done'))
      go(bot.platform === 'whatsapp' ? `/bots/${bot.id}?tab=pairing` : `/bots/${bot.id}`)
    },
  })
  return (
    <form onSubmit={form.onSubmit((fields) => create.mutate(requestOf(fields)))}>
      <Stack>
        <Title order={2} size="h4">
          {t('create.step', { n: 2, all: 2 })}
        </Title>
        {verdict !== undefined && <Verdict verdict={verdict} />}
        <TextInput label={t('bots.name')} required maxLength={200} data-autofocus {...form.getInputProps('name')} />
        <TextInput
          label={t('bot.owner')}
          description={t('create.owner_hint')}
          maxLength={100}
          {...form.getInputProps('owner_id')}
        />
        <TextInput
          label={t('bot.tenant')}
          description={t('create.tenant_hint')}
          placeholder="master"
          dir="ltr"
          list="agents"
          {...form.getInputProps('tenant')}
        />
        <datalist id="agents">
          {agents.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </datalist>
        {others.length > 0 && (
          <NativeSelect
            label={t('bots.server')}
            data={[{ value: '', label: own }, ...others]}
            {...form.getInputProps('server')}
          />
        )}
        <NativeSelect
          label={t('bot.placement')}
          data={placements.map((value) => ({ value, label: t(`placement.${value}`) }))}
          {...form.getInputProps('placement')}
        />
        <ProblemNote problem={create.error} />
        <Group>
          <Button variant="default" onClick={back}>
            {t('back')}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t('bots.create')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Verdict({ verdict }: { readonly verdict: TokenVerdict }) {
  const { t } = useLocale()
  return verdict.verdict === 'valid' ? (
    <Note tone="good" title={t('create.token_valid')}>
      <Word>{verdict.name}</Word> <bdi dir="ltr">@{verdict.username}</bdi>
    </Note>
  ) : (
    <Note tone="warn" title={t('create.token_unreachable')}>
      <Text size="sm">{verdict.reason}</Text>
    </Note>
  )
}

function requestOf(fields: Fields): NewBot {
  const { platform, token, phone_number: phone, name, owner_id: owner, tenant, server, placement } = fields
  return {
    platform,
    name: name.trim(),
    placement,
    ...(platform === 'telegram' ? { token: token.trim() } : { phone_number: phone.trim() }),
    ...(owner.trim() === '' ? {} : { owner_id: owner.trim() }),
    ...(tenant.trim() === '' ? {} : { tenant: tenant.trim() }),
    ...(server === '' ? {} : { server }),
  }
}
