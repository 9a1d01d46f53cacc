import { useMutation } from '@tanstack/react-query'
import { Link } from 'react-router'

import { ProblemNotice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { TextField } from '../parts/text-field.tsx'
import { useSession } from '../session.ts'
import { shop } from '../shop.ts'
import { signInPath } from '../sign-in-path.ts'
import { formText } from './form-text.ts'
import { useAfterSignIn } from './use-after-sign-in.ts'

export function SignInPage() {
  const { expired } = useSession()
  const after = useAfterSignIn()
  const signIn = useMutation({
    mutationFn: async (form: FormData) => {
      const credentials = { email: formText(form, 'email'), password: formText(form, 'password') }
      const { token } = await shop.accounts.signIn(credentials)
      await after.complete(token)
    },
  })
  return (
    <div className="page narrow">
      <PageTitle>Sign in</PageTitle>
      {expired && <p className="notice">Your session has ended. Please sign in again to go on where you left off.</p>}
      {after.intent.add && !expired && <p className="notice">Sign in and we will put it into your cart.</p>}
      {signIn.isError && <ProblemNotice error={signIn.error} />}
      <form
        className="panel form"
        onSubmit={(event) => {
          event.preventDefault()
          signIn.mutate(new FormData(event.currentTarget))
        }}
      >
        <TextField label="Email" name="email" type="email" autoComplete="email" required maxLength={254} />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          maxLength={200}
        />
        <button type="submit" className="button button-primary button-large button-wide" disabled={signIn.isPending}>
          {signIn.isPending ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      <p className="form-aside">
        New here? <Link to={signInPath(after.intent, 'sign-up')}>Create an account</Link>
      </p>
    </div>
  )
}
