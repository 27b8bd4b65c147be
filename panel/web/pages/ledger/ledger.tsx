import { Tabs } from '@mantine/core'
import { useLocale } from '../../i18n/locale.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { LedgerBalances } from './balances.tsx'
import { LedgerCheck } from './check.tsx'
import { LedgerEntries } from './entries.tsx'

const tabs = ['balances', 'entries', 'check'] as const

/** The journal of all money: where each coin is, what moved it, and whether it all adds up. */
export function LedgerPage() {
  const { t } = useLocale()
  const filter = useFilter()
  const tab = tabs.find((one) => one === filter.get('tab')) ?? 'balances'
  return (
    <>
      <PageHead title={t('nav.ledger')} />
      <Tabs value={tab} onChange={(next) => filter.set('tab', next ?? '')} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`ledger.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="balances">
          <LedgerBalances />
        </Tabs.Panel>
        <Tabs.Panel value="entries">
          <LedgerEntries />
        </Tabs.Panel>
        <Tabs.Panel value="check">
          <LedgerCheck />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}
