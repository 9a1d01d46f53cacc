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
  const container = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useOpenOnThisPage()
  useClosing(open, container, (byKey) => {
    setOpen(false)
    if (byKey) button.current?.focus()
  })
  return (
    <div className="account-menu" ref={container}>
      <button
        type="button"
        className="header-link"
        aria-label="Account menu"
        aria-expanded={open}
        aria-controls={id}
        ref={button}
        onClick={() => setOpen(!open)}
      >
        <Icon name="user" />
        <span className="header-label">{me?.name.split(' ')[0] ?? 'Account'}</span>
      </button>
      <div id={id} className="menu" hidden={!open}>
        {me && (
          <p className="menu-who">
            {me.name}
            <span>{me.email}</span>
          </p>
        )}
        <Link to="/orders">Your orders</Link>
        <Link to="/mails">Your mails</Link>
        <Link to="/cart">Your cart</Link>
        <SignOutButton />
      </div>
    </div>
  )
}

function SignOutButton() {
  const navigate = useNavigate()
  const announce = useAnnounce()
  const signOut = async (): Promise<void> => {
    // First leave the pages that need an account, or they would ask to sign in again.
    await navigate('/', { flushSync: true })
    session.signOut()
    announce('You are signed out.')
  }
  return (
    <button type="button" onClick={() => void signOut()}>
      Sign out
    </button>
  )
}

/** Open until the visitor goes to another page. */
function useOpenOnThisPage(): [open: boolean, setOpen: (open: boolean) => void] {
  const { key } = useLocation()
  const [openAt, setOpenAt] = useState<string | null>(null)
  return [openAt === key, (open) => setOpenAt(open ? key : null)]
}

function useClosing(open: boolean, container: RefObject<HTMLElement | null>, close: (byKey: boolean) => void): void {
  useEffect(() => {
    if (!open) return undefined
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
