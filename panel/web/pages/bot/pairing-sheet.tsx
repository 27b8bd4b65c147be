import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Sheet } from '../../parts/sheet.tsx'
import { Pairing } from './pairing.tsx'

/** Pairing above the list of bots. */
export function PairingSheet({ bot, close }: { readonly bot: InstanceView; readonly close: () => void }) {
  const { t } = useLocale()
  return (
    <Sheet title={t('pairing.title', { name: bot.name })} close={close}>
      <Pairing bot={bot} />
    </Sheet>
  )
}
