import { Text } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import type { Shop } from '../../api/views.ts'
import { languages } from '../../i18n/languages.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Word } from '../../parts/values.tsx'
import { toast } from '../../shell/toasts.tsx'
import { ShopPart } from './shop-part.tsx'

const names = ['welcome', 'help', 'terms'] as const
type Language = keyof typeof languages

/** The shop's own words, in each language. */
export function ShopTexts({ shop }: { readonly shop: Shop }) {
  const { t } = useLocale()
  const [asks, setAsks] = useState(false)
  const written = names.flatMap((name) =>
    Object.entries(shop.texts[name] ?? {}).map(
      ([language, text]) =>
        [`${t(`shop.text_${name}`)} (${language})`, <Word key={name + language}>{text}</Word>] as const,
    ),
  )
  return (
    <ShopPart title={t('shop.texts')} changeText={t('shop.change_text')} change={() => setAsks(true)}>
      {written.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('shop.no_texts')}
        </Text>
      ) : (
        <Facts rows={written} />
      )}
      {asks && (
        <AskSheet
          title={t('shop.change_text')}
          submitText={t('save')}
          close={() => setAsks(false)}
          stale={['shops']}
          fields={[
            {
              name: 'text',
              label: t('shop.which_text'),
              kind: 'choice',
              value: 'welcome',
              choices: names.map((value) => ({ value, label: t(`shop.text_${value}`) })),
            },
            {
              name: 'language',
              label: t('language'),
              kind: 'choice',
              value: 'en',
              choices: Object.entries(languages).map(([value, { name }]) => ({ value, label: name })),
            },
            { name: 'words', label: t('shop.words'), hint: t('shop.words_hint'), kind: 'long', isOptional: true },
          ]}
          send={({ text, language, words = '' }) =>
            call('PUT /api/shops/{tenant}/texts/{text}/{language}', {
              params: {
                tenant: shop.tenant,
                text: names.find((one) => one === text) ?? 'welcome',
                language: language as Language,
              },
              body: { text: words.trim() === '' ? null : words },
            })
          }
          onDone={({ trouble }) => {
            if (trouble !== null) toast('bad', t('shop.text_trouble'), trouble)
          }}
        />
      )}
    </ShopPart>
  )
}
