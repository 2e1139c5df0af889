// Where things lie inside a run folder, `runs/<name>/`.

import { join } from 'node:path'

/** The paths of one run folder's files and folders; none need exist. */
export function layout(folder: string) {
  return {
    folder,
    config: join(folder, 'config.json'),
    environment: join(folder, 'environment.json'),
    database: join(folder, 'run.db'),
    log: join(folder, 'log.jsonl'),
    events: join(folder, 'events'),
    checkpoints: join(folder, 'checkpoints'),
  } as const
}
