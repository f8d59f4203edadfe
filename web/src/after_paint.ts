// SPDX-License-Identifier: Apache-2.0
// For parts of a view that may come a moment later than the rest of it.
import { useEffect, useState } from 'preact/hooks';

// False in the first drawing of a view, true once that is on the screen.
export function useAfterPaint(): boolean {
  const [painted, set] = useState(false);
  useEffect(() => {
    let timer = 0;
    const frame = requestAnimationFrame(() => {
      timer = window.setTimeout(() => set(true));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, []);
  return painted;
}
