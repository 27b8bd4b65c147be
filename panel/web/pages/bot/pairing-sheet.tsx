import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Sheet } from '../../parts/sheet.tsx'
import { Pairing } from './pairing.tsx'

/** The pairing of a bot in a dialog, from a list. */
export function PairingSheet(props: { readonly bot: InstanceView; readonly close: () => void }) {
  const { t } = useLocale()
  return (
    <Sheet title={t('pairing.title', { name: props.bot.name })} close={props.close}>
      <Pairing bot={props.bot} />
    </Sheet>
  )
}
