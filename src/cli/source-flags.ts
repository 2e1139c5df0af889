// Flags by which every command that reads problems says where they are and how to read them.

import type { Command } from 'commander'
import { wholeNumber } from './whole-number.ts'

export interface SourceFlags {
  readonly question?: string
  readonly answer?: string
  readonly solution?: string
  readonly split?: string
  readonly subset?: string
  readonly size?: number
  readonly problemSeed?: number
  readonly difficulty?: number
}

export const sourceHelp = `
SOURCE is a file (.jsonl, .json, .csv, .tsv, .parquet), a folder of them,
hub:OWNER/NAME[@REVISION], or gym:FAMILY,FAMILY*WEIGHT,... (generated problems).`

export function withSourceFlags(command: Command): Command {
  return command
    .option('--question <column>', 'column of the question (guessed for the usual sets)')
    .option('--answer <column>', 'column of the reference answer')
    .option('--solution <column>', 'column of the worked solution')
    .option('--split <name>', 'split of a folder or Hub data set (train if there is one)')
    .option('--subset <folder>', 'subset of a Hub data set that has several')
    .option('--size <n>', 'gym: how many problems (1000)', wholeNumber(1))
    .option('--problem-seed <n>', 'gym: seed of the problems (0)', wholeNumber(0))
    .option('--difficulty <level>', 'gym: level of the families, from 0', wholeNumber(0))
    .addHelpText('after', sourceHelp)
}
