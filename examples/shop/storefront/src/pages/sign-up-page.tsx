import { useMutation } from '@tanstack/react-query'
import { Link } from 'react-router'

import { ProblemNotice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { TextField } from '../parts/text-field.tsx'
import { shop } from '../shop.ts'
import { signInPath } from '../sign-in-path.ts'
import { formText } from './form-text.ts'
import { useAfterSignIn } from './use-after-sign-in.ts'

export function SignUpPage() {
  const after = useAfterSignIn()
  const signUp = useMutation({
    mutationFn: async (form: FormData) => {
      const credentials = { email: formText(form, 'email'), password: formText(form, 'password') }
      await shop.accounts.signUp({ ...credentials, name: formText(form, 'name') })
      const { token } = await shop.accounts.signIn(credentials)
      await after.complete(token)
    },
  })
  return (
    <div className="page narrow">
      <PageTitle>Create an account</PageTitle>
      {signUp.isError && <ProblemNotice error={signUp.error} />}
      <form
        className="panel form"
        onSubmit={(event) => {
          event.preventDefault()
          signUp.mutate(new FormData(event.currentTarget))
        }}
      >
        <TextField label="Name" name="name" autoComplete="name" required maxLength={100} />
        <TextField label="Email" name="email" type="email" autoComplete="email" required maxLength={254} />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          maxLength={200}
          hint="At least 8 characters."
        />
        <button type="submit" className="button button-primary button-large button-wide" disabled={signUp.isPending}>
          {signUp.isPending ? 'Creating your account…' : 'Create account'}
        </button>
      </form>
      <p className="form-aside">
        Already a customer? <Link to={signInPath(after.intent)}>Sign in</Link>
      </p>
    </div>
  )
}
