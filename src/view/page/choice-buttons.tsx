// A row of buttons of which one is pressed.

interface Choice<Name extends string> {
  readonly name: Name
  /** What the button says; its name by default. */
  readonly text?: string
  readonly disabled?: boolean
  readonly title?: string
}

interface ChoiceButtonsProperties<Name extends string> {
  /** What is chosen, for those who cannot see it. */
  readonly label: string
  readonly choices: readonly Choice<Name>[]
  readonly chosen: Name
  readonly choose: (name: Name) => void
}

export function ChoiceButtons<Name extends string>({
  label,
  choices,
  chosen,
  choose,
}: ChoiceButtonsProperties<Name>) {
  return (
    <fieldset class="segmented" aria-label={label}>
      {choices.map(({ name, text = name, disabled, title }) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === chosen}
          disabled={disabled}
          title={title}
          onClick={() => choose(name)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  )
}
