import { Tabs } from '@mantine/core'
import { useLocale } from '../../i18n/locale.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Tokens } from '../tokens/tokens.tsx'
import { Users } from './users.tsx'

/** Who operates the fleet, and the programs that do so in their name. */
export function PeoplePage() {
  const { t } = useLocale()
  const filter = useFilter()
  const tab = filter.get('tab') === 'tokens' ? 'tokens' : 'users'
  return (
    <>
      <PageHead title={t('nav.people')} />
      <Tabs value={tab} onChange={(next) => filter.set('tab', next ?? '')} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="users">{t('people.users')}</Tabs.Tab>
          <Tabs.Tab value="tokens">{t('people.tokens')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="users">
          <Users />
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <Tokens />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}
