import { Anchor, Center, Loader } from '@mantine/core'
import { Link } from 'wouter'
import { sessionEnded } from '../api/call.ts'
import { useLiveUpdates } from '../api/live.ts'
import { MeProvider, useFactorNeeded, useMe } from '../api/session.ts'
import { useStore } from '../api/store.ts'
import type { Me } from '../api/views.ts'
import { useLocale } from '../i18n/locale.tsx'
import { TroubleNote } from '../parts/loaded.tsx'
import { Note } from '../parts/note.tsx'
import { Layout } from './layout.tsx'
import { Pages } from './pages.tsx'
import { ReachBanner } from './reach-banner.tsx'
import { SheetHost } from './sheet-host.tsx'
import { SignInAgain, SignInPage } from './sign-in.tsx'
import { Toasts } from './toasts.tsx'

/** Everything: the sign-in page, or the pages of who is signed in. */
export function App() {
  return (
    <>
      <Door />
      <Toasts />
    </>
  )
}

function Door() {
  const me = useMe()
  const { t } = useLocale()
  if (me.data === null) return <SignInPage />
  if (me.data !== undefined) return <Inside key={me.data.user.id} me={me.data} />
  if (me.isError) {
    return (
      <main className="sign-in">
        <div>
          <ReachBanner />
          <TroubleNote error={me.error} retry={() => void me.refetch()} />
        </div>
      </main>
    )
  }
  return (
    <Center h="100vh">
      <Loader aria-label={t('loading')} />
    </Center>
  )
}

function Inside(props: { readonly me: Me }) {
  const ended = useStore(sessionEnded)
  useLiveUpdates()
  return (
    <MeProvider value={props.me}>
      <Layout>
        <ReachBanner />
        <FactorNeeded />
        <Pages />
        <SheetHost />
      </Layout>
      {ended && <SignInAgain username={props.me.user.username} />}
    </MeProvider>
  )
}

function FactorNeeded() {
  const { t } = useLocale()
  if (!useFactorNeeded()) return null
  return (
    <Note isUrgent tone="warn" title={t('factor.needed')}>
      {t('factor.needed_detail')}{' '}
      <Anchor component={Link} href="/account" inherit>
        {t('user.account')}
      </Anchor>
    </Note>
  )
}
