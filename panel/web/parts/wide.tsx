import type { ReactNode } from 'react'

/** What is wider than a phone scrolls within itself, by keyboard too. */
export function Wide(props: { readonly label: string; readonly children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className="wide" tabIndex={0} aria-label={props.label}>
      {props.children}
    </section>
  )
}
