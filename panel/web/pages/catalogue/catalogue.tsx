import { Button, Tabs } from '@mantine/core'
import { useState } from 'react'
import { useMay } from '../../api/session.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { useFilter } from '../../parts/use-filter.ts'
import { Categories } from './categories.tsx'
import { CreateProduct } from './create-product.tsx'
import { Products } from './products.tsx'

/** What is for sale, and its stock. */
export function CataloguePage() {
  const { t } = useLocale()
  const may = useMay()
  const filter = useFilter()
  const [creates, setCreates] = useState(false)
  const tab = filter.get('tab') === 'categories' ? 'categories' : 'products'
  return (
    <>
      <PageHead title={t('nav.catalogue')}>
        {may('catalogue.edit') && <Button onClick={() => setCreates(true)}>{t('catalogue.create')}</Button>}
      </PageHead>
      <Tabs value={tab} onChange={(next) => filter.set('tab', next ?? '')} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="products">{t('catalogue.products')}</Tabs.Tab>
          <Tabs.Tab value="categories">{t('catalogue.categories')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="products">
          <Products />
        </Tabs.Panel>
        <Tabs.Panel value="categories">
          <Categories />
        </Tabs.Panel>
      </Tabs>
      {creates && <CreateProduct close={() => setCreates(false)} />}
    </>
  )
}
