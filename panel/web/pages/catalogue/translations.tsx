import { Button, Paper, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { call, revisionOf } from '../../api/call.ts'
import type { Product } from '../../api/views.ts'
import { type Language, languages } from '../../i18n/languages.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Word } from '../../parts/values.tsx'

const all = Object.keys(languages) as Language[]

interface TranslationProps {
  readonly product: Product
}

/** What the shop calls a product in each of its languages. */
export function Translations({ product, mayEdit }: TranslationProps & { readonly mayEdit: boolean }) {
  const { t } = useLocale()
  const [asks, setAsks] = useState<Language | undefined>(undefined)
  const said = (language: Language) => product.translations[language]
  return (
    <Paper withBorder p="md" mb="md">
      <Title order={2} size="h4" mb="xs">
        {t('translations.title')}
      </Title>
      <RowTable
        label={t('translations.title')}
        rows={all}
        keyOf={(language) => language}
        columns={[
          { head: t('language'), cell: (language) => <Word>{languages[language].name}</Word> },
          { head: t('bots.name'), cell: (language) => <Said text={said(language)?.name} language={language} /> },
          {
            head: t('catalogue.description'),
            cell: (language) => <Said text={said(language)?.description} language={language} />,
          },
          ...(mayEdit
            ? [
                {
                  head: t('bots.actions'),
                  cell: (language: Language) => (
                    <Button size="compact-sm" variant="default" onClick={() => setAsks(language)}>
                      {t('translations.edit', { language: languages[language].name })}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {asks !== undefined && <TranslateSheet product={product} language={asks} close={() => setAsks(undefined)} />}
    </Paper>
  )
}

function Said(props: { readonly text: string | undefined; readonly language: Language }) {
  const { t } = useLocale()
  if (props.text === undefined) return <Text size="sm">{t('translations.missing')}</Text>
  return (
    <Text size="sm" maw="20rem" lineClamp={3} style={{ overflowWrap: 'anywhere' }} lang={props.language}>
      <Word>{props.text}</Word>
    </Text>
  )
}

function TranslateSheet(props: TranslationProps & { readonly language: Language; readonly close: () => void }) {
  const { product, language, close } = props
  const { t } = useLocale()
  const [revision] = useState(() => revisionOf('GET /api/products/{id}', { id: product.id }))
  const said = product.translations[language]
  const orNull = (text: string) => (text.trim() === '' ? null : text)
  return (
    <AskSheet
      title={t('translations.edit', { language: languages[language].name })}
      submitText={t('save')}
      close={close}
      stale={['catalogue']}
      fields={[
        {
          name: 'name',
          label: t('bots.name'),
          hint: t('translations.hint'),
          value: said?.name ?? '',
          isOptional: true,
        },
        {
          name: 'description',
          label: t('catalogue.description'),
          kind: 'long',
          value: said?.description ?? '',
          isOptional: true,
        },
      ]}
      send={({ name = '', description = '' }) =>
        call('PUT /api/products/{id}/translations/{language}', {
          params: { id: product.id, language },
          ifMatch: revision,
          body: { name: orNull(name), description: orNull(description) },
        })
      }
    />
  )
}
