// Lets a library work in the past. Bull and BullMQ take every time stamp they store from Date.now() of the client, so a
// clock that is set back gives jobs an honest age. What the server stamps itself (ids of event streams, TTLs) stays at now.

const now = Date.now;
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const year = 365 * day; // for TTLs that must not run out while a dump lies in git

let back = 0;

/** Runs `work` with the clock set back by `age` ms more than it already is. */
export async function ago(age, work) {
  const before = back;
  back += age;
  Date.now = () => now() - back;
  try {
    return await work();
  } finally {
    back = before;
    Date.now = back ? () => now() - back : now;
  }
}
