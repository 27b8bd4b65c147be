import { Group, Text } from '@mantine/core'
import { useAnswer } from '../../api/use-answer.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Badge } from '../../parts/badge.tsx'
import { FilterText } from '../../parts/filter-inputs.tsx'
import { RowTable } from '../../parts/list-table.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Latin } from '../../parts/values.tsx'

/** The settings that this server runs with; of secrets only whether they are set. */
export function SettingsPage() {
  const { t } = useLocale()
  const filter = useFilter()
  const query = useAnswer('settings', 'GET /api/settings', {})
  return (
    <>
      <PageHead title={t('nav.settings')} />
      <Loaded query={query} height={400}>
        {({ server, items }) => (
          <>
            <Text mb="md">{t('settings.detail', { name: server })}</Text>
            <Group mb="md">
              <FilterText filter={filter} name="q" label={t('bots.search')} />
            </Group>
            <RowTable
              label={t('nav.settings')}
              rows={items.filter(({ name }) => name.includes(filter.get('q').trim().toUpperCase()))}
              keyOf={({ name }) => name}
              columns={[
                {
                  head: t('bots.name'),
                  cell: ({ name }) => <Latin>{name}</Latin>,
                },
                {
                  head: t('settings.value'),
                  cell: ({ value, is_secret, is_set }) =>
                    is_secret ? (
                      <Badge tone={is_set ? 'good' : 'calm'}>
                        {t(is_set ? 'settings.secret_set' : 'settings.unset')}
                      </Badge>
                    ) : (
                      <Latin>{value || t('settings.unset')}</Latin>
                    ),
                },
              ]}
            />
          </>
        )}
      </Loaded>
    </>
  )
}
