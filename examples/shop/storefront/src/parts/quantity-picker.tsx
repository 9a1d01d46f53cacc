import { useState } from 'react'

import { Icon } from './icon.tsx'

interface QuantityPickerProps {
  /** What is counted; part of the accessible names. */
  of: string
  value: number
  max: number
  onChange: (quantity: number) => void
  disabled?: boolean
}

/** A number field with a button on either side. Reports a typed number when the field is left or Enter is pressed. */
export function QuantityPicker({ of, value, max, onChange, disabled = false }: QuantityPickerProps) {
  // What is being typed; `null` while the field shows the value.
  const [typed, setTyped] = useState<string | null>(null)
  const commit = (): void => {
    const wanted = Number.parseInt(typed ?? '', 10)
    const quantity = Number.isNaN(wanted) ? value : Math.min(Math.max(wanted, 1), Math.max(max, 1))
    setTyped(null)
    if (quantity !== value) onChange(quantity)
  }
  return (
    <fieldset className="quantity" aria-label={`Quantity of ${of}`}>
      <StepButton
        label={`One less ${of}`}
        icon="minus"
        onClick={() => onChange(value - 1)}
        disabled={disabled || value <= 1}
      />
      <input
        aria-label={`Quantity of ${of}`}
        inputMode="numeric"
        pattern="[0-9]*"
        value={typed ?? String(value)}
        disabled={disabled}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit()
        }}
      />
      <StepButton
        label={`One more ${of}`}
        icon="plus"
        onClick={() => onChange(value + 1)}
        disabled={disabled || value >= max}
      />
    </fieldset>
  )
}

interface StepButtonProps {
  label: string
  icon: 'plus' | 'minus'
  onClick: () => void
  disabled: boolean
}

function StepButton({ label, icon, onClick, disabled }: StepButtonProps) {
  return (
    <button type="button" className="step-button" aria-label={label} onClick={onClick} disabled={disabled}>
      <Icon name={icon} />
    </button>
  )
}
