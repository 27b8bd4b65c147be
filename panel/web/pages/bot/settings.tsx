import { Button, Group, NativeSelect, NumberInput, Paper, SimpleGrid, Stack, TextInput, Title } from '@mantine/core'
import '@mantine/core/styles/NumberInput.css'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { placements } from '../../../../domain/instance.ts'
import { editBot, setToken } from '../../api/bots.ts'
import { revisionOf } from '../../api/call.ts'
import { useMay } from '../../api/session.ts'
import { useChange } from '../../api/use-change.ts'
import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { ProblemNote } from '../../parts/sheet.tsx'
import { TokenInput } from '../../parts/token-input.tsx'
import { toast } from '../../shell/toasts.tsx'

/** What may be changed of a bot: its names, where it may run, its limits, its token. */
export function BotSettings({ bot }: { readonly bot: InstanceView }) {
  const may = useMay()
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Details bot={bot} />
      {bot.platform === 'telegram' && may('instance.set_token') && <Token bot={bot} />}
    </SimpleGrid>
  )
}

interface Fields {
  name: string
  owner_id: string
  phone_number: string
  placement: string
  rate_limit_rps: number
  max_concurrent_requests: number
}

function Details({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  const client = useQueryClient()
  const seen = () => revisionOf('GET /api/instances/{id}', { id: bot.id })
  const [revision, setRevision] = useState(seen)
  // What was typed stays; the next save is decided upon what this one has made.
  const goOn = async () => {
    setRevision(undefined)
    await client.refetchQueries({ queryKey: ['bots', bot.id], exact: true })
    setRevision(seen())
  }
  const stored: Fields = {
    name: bot.name,
    owner_id: bot.owner ?? '',
    phone_number: bot.phone_number ?? '',
    placement: bot.placement,
    rate_limit_rps: bot.rate_limit_rps,
    max_concurrent_requests: bot.max_concurrent_requests,
  }
  const form = useForm<Fields>({ initialValues: stored })
  const save = useChange({
    send: editBot,
    stale: ['bots'],
    onDone: () => {
      toast('good', t('saved'))
      void goOn()
    },
  })
  const submit = form.onSubmit((values) => {
    const changed = Object.entries(values).filter(([name, value]) => value !== stored[name as keyof Fields])
    if (changed.length > 0) save.mutate({ id: bot.id, revision, changes: Object.fromEntries(changed) })
  })
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="sm">
        {t('bot.tab_settings')}
      </Title>
      <form onSubmit={submit}>
        <Stack>
          <TextInput label={t('bots.name')} required maxLength={200} {...form.getInputProps('name')} />
          <TextInput label={t('bot.owner')} maxLength={100} {...form.getInputProps('owner_id')} />
          {bot.platform === 'whatsapp' && (
            <TextInput label={t('bot.phone')} dir="ltr" type="tel" {...form.getInputProps('phone_number')} />
          )}
          <NativeSelect
            label={t('bot.placement')}
            data={placements.map((value) => ({ value, label: t(`placement.${value}`) }))}
            {...form.getInputProps('placement')}
          />
          <Group grow align="flex-end">
            <NumberInput
              label={t('bot.rate_limit')}
              min={0.1}
              max={30}
              hideControls
              {...form.getInputProps('rate_limit_rps')}
            />
            <NumberInput
              label={t('bot.concurrency')}
              min={1}
              max={100}
              allowDecimal={false}
              hideControls
              {...form.getInputProps('max_concurrent_requests')}
            />
          </Group>
          <ProblemNote problem={save.error} />
          <Group>
            <Button type="submit" loading={save.isPending}>
              {t('save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  )
}

function Token({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  const [token, change] = useState('')
  const save = useChange({
    send: setToken,
    stale: ['bots'],
    onDone: () => {
      change('')
      toast('good', t('saved'))
    },
  })
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="sm">
        {t('bot.new_token')}
      </Title>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate({ id: bot.id, token: token.trim() })
        }}
      >
        <Stack>
          <TokenInput
            description={t('bot.new_token_hint')}
            value={token}
            onChange={(event) => change(event.currentTarget.value)}
          />
          <ProblemNote problem={save.error} />
          <Group>
            <Button type="submit" variant="default" loading={save.isPending}>
              {t('bot.replace_token')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  )
}
