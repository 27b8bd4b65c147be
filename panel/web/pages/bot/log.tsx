import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Empty } from '../../parts/loaded.tsx'

/** The live log of a bot. */
export function Log({ bot }: { readonly bot: InstanceView }) {
  const { t } = useLocale()
  return <Empty text={t('log.none', { name: bot.name })} />
}
