import { useEffect } from 'react'

let remembered: Element | null = null

/** Keeps what a dialog is being opened from, where the dialog itself comes a moment later. */
export function rememberOpener(): void {
  remembered = opener()
}

/** Puts the focus back to where a dialog was opened from when it is gone, so that one goes on by keyboard from there. */
export function useFocusBack(): void {
  useEffect(() => {
    const from = remembered ?? opener()
    remembered = null
    return () => giveFocus(from)
  }, [])
}

/** What has the focus; of a menu's item, which goes with its menu, the button of the menu. */
function opener(): Element | null {
  const active = document.activeElement
  const menu = active?.closest('[role=menu]')?.getAttribute('aria-labelledby')
  return menu === null || menu === undefined ? active : document.getElementById(menu)
}

/** A row may be gone by then: its page's title is not. */
function giveFocus(to: Element | null): void {
  const place = to?.isConnected === true && to !== document.body ? to : document.querySelector('h1')
  if (place instanceof HTMLElement) place.focus({ preventScroll: true })
}
