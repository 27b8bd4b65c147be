import { Anchor, Button, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { type Currency, currencies } from '../../../../domain/money.ts'
import { call } from '../../api/call.ts'
import { useMay } from '../../api/session.ts'
import { useAnswer } from '../../api/use-answer.ts'
import type { Shop } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet, type Field } from '../../parts/ask-sheet.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { useAct } from '../../parts/use-act.ts'
import { Word } from '../../parts/values.tsx'
import { markupText } from './agents.tsx'
import { ShopPart } from './shop-part.tsx'
import { ShopTexts } from './texts.tsx'

const links = ['support', 'channel', 'announcement'] as const

/** How a shop looks in its bots: markup, links, buttons, texts. */
export function ShopOf({ tenant }: { readonly tenant: string }) {
  const { t } = useLocale()
  const query = useAnswer('shops', 'GET /api/shops/{tenant}', { params: { tenant } })
  return (
    <section>
      <Title order={2} size="h4" my="md">
        {t('shop.title')}
      </Title>
      <Loaded query={query} height={200}>
        {(shop) => (
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Pricing shop={shop} />
            <Links shop={shop} />
            <Buttons shop={shop} />
            <ShopTexts shop={shop} />
          </SimpleGrid>
        )}
      </Loaded>
    </section>
  )
}

function Pricing({ shop }: { readonly shop: Shop }) {
  const locale = useLocale()
  const { t } = locale
  const [asks, setAsks] = useState(false)
  const fields: Field[] = [
    {
      name: 'kind',
      label: t('shop.markup_kind'),
      kind: 'choice',
      value: shop.markup.kind,
      choices: [
        { value: 'percent', label: t('shop.percent') },
        { value: 'fixed', label: t('shop.fixed') },
      ],
    },
    { name: 'amount', label: t('orders.amount'), hint: t('shop.amount_hint'), kind: 'amount' },
    {
      name: 'currency',
      label: t('period.currency'),
      kind: 'choice',
      value: 'USDT',
      choices: Object.keys(currencies).map((value) => ({ value, label: value })),
    },
  ]
  return (
    <ShopPart title={t('orders.markup')} changeText={t('shop.change_markup')} change={() => setAsks(true)}>
      <bdi>{markupText(shop.markup, locale)}</bdi>
      {asks && (
        <AskSheet
          title={t('shop.change_markup')}
          submitText={t('save')}
          close={() => setAsks(false)}
          stale={['shops', 'agents']}
          fields={fields}
          send={({ kind, amount = '', currency }) =>
            call('PUT /api/shops/{tenant}/pricing', {
              params: { tenant: shop.tenant },
              body:
                kind === 'fixed'
                  ? { kind, amount: amount.trim(), currency: currency as Currency }
                  : { kind: 'percent', percent: amount.trim() },
            })
          }
        />
      )}
    </ShopPart>
  )
}

function Links({ shop }: { readonly shop: Shop }) {
  const { t } = useLocale()
  const [asks, setAsks] = useState(false)
  return (
    <ShopPart title={t('shop.links')} changeText={t('shop.change_link')} change={() => setAsks(true)}>
      <Facts rows={links.map((link) => [t(`shop.link_${link}`), <Address key={link} url={shop.links[link]} />])} />
      {asks && (
        <AskSheet
          title={t('shop.change_link')}
          submitText={t('save')}
          close={() => setAsks(false)}
          stale={['shops']}
          fields={[
            {
              name: 'link',
              label: t('shop.link'),
              kind: 'choice',
              value: 'support',
              choices: links.map((value) => ({ value, label: t(`shop.link_${value}`) })),
            },
            {
              name: 'address',
              label: t('shop.address'),
              hint: t('shop.address_hint'),
              isOptional: true,
              isLatin: true,
            },
          ]}
          send={({ link, address = '' }) =>
            call('PUT /api/shops/{tenant}/links/{link}', {
              params: { tenant: shop.tenant, link: links.find((one) => one === link) ?? 'support' },
              body: { address: address.trim() === '' ? null : address.trim() },
            })
          }
        />
      )}
    </ShopPart>
  )
}

function Address({ url }: { readonly url: string | null }) {
  if (url === null || !/^https?:\/\//.test(url)) return <Word>{url}</Word>
  return (
    <Anchor href={url} target="_blank" rel="noreferrer">
      <bdi dir="ltr">{url}</bdi>
    </Anchor>
  )
}

function Buttons({ shop }: { readonly shop: Shop }) {
  const { t } = useLocale()
  const may = useMay()
  const [asks, setAsks] = useState(false)
  const params = { tenant: shop.tenant }
  const remove = useAct({
    send: ({ position, title }: { position: number; title: string }) =>
      call('DELETE /api/shops/{tenant}/buttons/{position}', {
        params: { tenant: shop.tenant, position: String(position) },
        query: { title },
      }),
    stale: ['shops'],
    doneText: t('saved'),
  })
  return (
    <ShopPart title={t('shop.buttons')} changeText={t('shop.add_button')} change={() => setAsks(true)}>
      {shop.buttons.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('shop.no_buttons')}
        </Text>
      )}
      <Stack gap={6}>
        {shop.buttons.map(({ title, url }, index) => (
          <Group key={`${title} ${url}`} gap="xs">
            <Word>{title}</Word> <Address url={url} />
            {may('shop.edit') && (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={t('shop.remove_button', { name: title })}
                onClick={() => remove.mutate({ position: index + 1, title })}
              >
                {t('agents.remove_owner')}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
      {asks && (
        <AskSheet
          title={t('shop.add_button')}
          submitText={t('shop.add_button')}
          close={() => setAsks(false)}
          stale={['shops']}
          fields={[
            { name: 'title', label: t('shop.button_title') },
            { name: 'url', label: t('shop.address'), isLatin: true },
          ]}
          send={({ title = '', url = '' }) =>
            call('POST /api/shops/{tenant}/buttons', { params, body: { title: title.trim(), url: url.trim() } })
          }
        />
      )}
    </ShopPart>
  )
}
