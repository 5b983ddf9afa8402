/** Runs actions, so many at a time at most; the others wait in the order in which they came. */
export function atMost(limit: number): <Answer>(action: () => Promise<Answer>) => Promise<Answer> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await action();
    } finally {
      // Its place is handed on.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
