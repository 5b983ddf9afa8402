/** How values of options are read: several of one option, whole numbers within limits. */
import { InvalidArgumentError } from "commander";

/** For an option that may be given several times. */
export const gather = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** For an option that is one of a few words and may be given several times; each counts once. */
export function gatherOneOf<Name extends string>(names: readonly Name[]): (value: string, before?: readonly Name[]) => Name[] {
  return (value, before = []) => {
    const name = names.find((known) => known === value);
    if (name === undefined) throw new InvalidArgumentError(`It must be one of ${names.join(", ")}`);
    return [...new Set([...before, name])];
  };
}

export function wholeNumber(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^[0-9]+$/.test(text) || number < least || number > greatest)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${greatest}`);
    return number;
  };
}
