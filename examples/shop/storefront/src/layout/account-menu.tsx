import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState, type RefObject } from 'react'
import { Link, useLocation, useNavigate } from 'react-router'

import { meQuery } from '../api/queries.ts'
import { useAnnounce } from '../parts/announcer.tsx'
import { Icon } from '../parts/icon.tsx'
import { session } from '../session.ts'

/** A button that shows the links of the account. Closes with Escape, on a click elsewhere and after a choice. */
export function AccountMenu() {
  const { data: me } = useQuery(meQuery(true))
  const id = useId()
  const menu = useDisclosure()
  const firstName = me?.name.split(' ')[0] ?? 'Account'
  return (
    <div className="account-menu" ref={menu.container}>
      <button
        type="button"
        className="header-link"
        aria-label="Account menu"
        aria-expanded={menu.open}
        aria-controls={id}
        ref={menu.button}
        onClick={menu.toggle}
      >
        <Icon name="user" />
        <span className="header-label">{firstName}</span>
      </button>
      <div id={id} className="menu" hidden={!menu.open}>
        {me && (
          <p className="menu-who">
            {me.name}
            <span>{me.email}</span>
          </p>
        )}
        <Link to="/orders">Your orders</Link>
        <Link to="/cart">Your cart</Link>
        <SignOutButton />
      </div>
    </div>
  )
}

function SignOutButton() {
  const navigate = useNavigate()
  const announce = useAnnounce()
  const signOut = (): void => {
    // First leave the pages that need an account, or they would ask to sign in again.
    void Promise.resolve(navigate('/')).then(() => {
      session.signOut()
      announce('You are signed out.')
    })
  }
  return (
    <button type="button" onClick={signOut}>
      Sign out
    </button>
  )
}

function useDisclosure() {
  const [open, setOpen] = useState(false)
  const container = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const { key } = useLocation()
  useEffect(() => setOpen(false), [key])
  useClosing(open, container, (byKey) => {
    setOpen(false)
    if (byKey) button.current?.focus()
  })
  return { open, container, button, toggle: () => setOpen((before) => !before) }
}

function useClosing(open: boolean, container: RefObject<HTMLElement | null>, close: (byKey: boolean) => void): void {
  useEffect(() => {
    if (!open) return
    const inside = (target: EventTarget | null): boolean =>
      target instanceof Node && container.current?.contains(target) === true
    const listening = new AbortController()
    const options = { signal: listening.signal }
    document.addEventListener('pointerdown', (event) => !inside(event.target) && close(false), options)
    document.addEventListener('focusin', (event) => !inside(event.target) && close(false), options)
    document.addEventListener('keydown', (event) => event.key === 'Escape' && close(true), options)
    return () => listening.abort()
  })
}
