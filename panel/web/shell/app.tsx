import { Anchor, Center, Loader } from '@mantine/core'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { factorNeeded, sessionEnded } from '../api/call.ts'
import { useLiveUpdates } from '../api/live.ts'
import { MeProvider, useMe } from '../api/session.ts'
import { useStore } from '../api/store.ts'
import type { Me } from '../api/views.ts'
import { useLocale } from '../i18n/locale.tsx'
import { TroubleNote } from '../parts/loaded.tsx'
import { Note } from '../parts/note.tsx'
import { Layout } from './layout.tsx'
import { Pages } from './pages.tsx'
import { ReachBanner } from './reach-banner.tsx'
import { SheetHost } from './sheet-host.tsx'
import { SignInPage } from './sign-in.tsx'
import type { SignInAgain } from './sign-in-again.tsx'
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
  const needsFactor = useStore(factorNeeded) && !props.me.user.second_factor
  const Again = useSignInAgain(ended)
  useLiveUpdates()
  return (
    <MeProvider value={props.me}>
      <Layout>
        <ReachBanner />
        {needsFactor && <FactorNeeded />}
        <Pages />
        <SheetHost />
      </Layout>
      {ended && Again !== undefined && <Again username={props.me.user.username} />}
    </MeProvider>
  )
}

/** The dialog that asks to sign in again: loaded while there is time, so that it is there when the session ends. */
function useSignInAgain(ended: boolean): typeof SignInAgain | undefined {
  const [loaded, setLoaded] = useState<{ readonly Again: typeof SignInAgain } | undefined>(undefined)
  useEffect(() => {
    if (loaded !== undefined) return
    // When it cannot be had, the page says that the server does not answer; the end of the session tries again.
    import('./sign-in-again.tsx').then(
      (module) => setLoaded({ Again: module.SignInAgain }),
      () => undefined,
    )
  }, [loaded, ended])
  return loaded?.Again
}

function FactorNeeded() {
  const { t } = useLocale()
  return (
    <Note isUrgent tone="warn" title={t('factor.needed')}>
      {t('factor.needed_detail')}{' '}
      <Anchor component={Link} href="/account" inherit>
        {t('user.account')}
      </Anchor>
    </Note>
  )
}
