import { Navigate, Outlet, useLocation } from 'react-router'

import { useSession } from '../session.ts'
import { signInPath } from '../sign-in-path.ts'

/** Pages below need a signed-in visitor; others are sent to sign in and come back. */
export function RequireSignIn() {
  const { token } = useSession()
  const location = useLocation()
  if (token === null) return <Navigate to={signInPath({ next: location.pathname + location.search })} replace />
  return <Outlet />
}
