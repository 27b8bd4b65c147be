import { useLocale } from '../i18n/locale.tsx'
import { Note } from '../parts/note.tsx'

/** Said all the time on a page that came from another machine without TLS. */
export function PlainHttp() {
  const { t } = useLocale()
  return window.isSecureContext ? null : <Note tone="warn">{t('reach.plain_http')}</Note>
}
