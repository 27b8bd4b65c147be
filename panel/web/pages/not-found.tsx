import { Anchor } from '@mantine/core'
import { Link } from 'wouter'
import { useLocale } from '../i18n/locale.tsx'
import { Empty } from '../parts/loaded.tsx'
import { PageHead } from '../parts/page-head.tsx'

export function NotFoundPage() {
  const { t } = useLocale()
  return (
    <>
      <PageHead title={t('not_found.title')} />
      <Empty text={t('not_found.detail')}>
        <Anchor component={Link} href="/">
          {t('nav.overview')}
        </Anchor>
      </Empty>
    </>
  )
}
