//! Two ways to share a stream of tasks among threads: in any order, and with results taken in order.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{EngineError, Result};

/// Runs `work` on every task, with one thread for each of `workers`. An error stops all, and of several that of
/// the first task is returned, whatever the threads did; otherwise the workers come back in their order.
///
/// Tasks are drawn one at a time, so that an iterator which reads its tasks from a file reads on from where
/// the last one ended.
pub(crate) fn share<T, W: Send>(
    tasks: impl Iterator<Item = Result<T>> + Send,
    mut workers: Vec<W>,
    work: impl Fn(&mut W, T) -> Result<()> + Sync,
) -> Result<Vec<W>> {
    let tasks = Mutex::new((tasks.enumerate(), None::<(usize, EngineError)>));
    std::thread::scope(|scope| {
        for worker in &mut workers {
            let (tasks, work) = (&tasks, &work);
            scope.spawn(move || {
                loop {
                    let task = {
                        let mut drawn = lock(tasks);
                        if drawn.1.is_some() {
                            return;
                        }
                        drawn.0.next()
                    };
                    let Some((number, task)) = task else { return };
                    let Err(error) = task.and_then(|task| work(worker, task)) else { continue };
                    // All tasks before this one are drawn already, so what they have to say will be heard.
                    let failed = &mut lock(tasks).1;
                    if failed.as_ref().is_none_or(|(other, _)| number < *other) {
                        *failed = Some((number, error));
                    }
                }
            });
        }
    });
    match tasks.into_inner().unwrap_or_else(PoisonError::into_inner).1 {
        Some((_, error)) => Err(error),
        None => Ok(workers),
    }
}

/// Runs `work` on every task with `threads` threads and hands the results to `consume`, on the calling thread,
/// in the order of the tasks. No more than a few results wait at a time.
pub(crate) fn in_order<T, R: Send>(
    tasks: impl Iterator<Item = Result<T>> + Send,
    threads: usize,
    work: impl Fn(T) -> Result<R> + Sync,
    mut consume: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    // One finished result may wait for its turn while every thread works on another.
    let ahead = threads.max(1) + 1;
    let tasks = Mutex::new(tasks.enumerate());
    let line = Line { state: Mutex::new(LineState::default()), moved: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let (tasks, line, work) = (&tasks, &line, &work);
            scope.spawn(move || {
                let _leaving = Leaving(line);
                loop {
                    let Some((at, task)) = line.enter(ahead).and_then(|()| lock(tasks).next()) else {
                        return;
                    };
                    line.put(at, task.and_then(work));
                }
            });
        }
        line.lock().workers_started = threads.max(1);
        let consumed = (|| {
            while let Some(result) = line.take() {
                consume(result?)?;
            }
            Ok(())
        })();
        line.lock().stopped = true;
        line.moved.notify_all();
        consumed
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Results that wait for their turn.
struct Line<R> {
    state: Mutex<LineState<R>>,
    moved: Condvar,
}

struct LineState<R> {
    waiting: BTreeMap<usize, Result<R>>,
    /// Tasks that were let in, whether drawn already or not.
    entered: usize,
    /// Results that were taken.
    taken: usize,
    workers_started: usize,
    workers_left: usize,
    stopped: bool,
}

impl<R> Default for LineState<R> {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            entered: 0,
            taken: 0,
            workers_started: usize::MAX,
            workers_left: 0,
            stopped: false,
        }
    }
}

impl<R> Line<R> {
    fn lock(&self) -> MutexGuard<'_, LineState<R>> {
        lock(&self.state)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, LineState<R>>) -> MutexGuard<'a, LineState<R>> {
        self.moved.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until fewer than `ahead` tasks are under way; `None` when all is stopped.
    fn enter(&self, ahead: usize) -> Option<()> {
        let mut state = self.lock();
        while !state.stopped && state.entered - state.taken >= ahead {
            state = self.wait(state);
        }
        state.entered += 1;
        (!state.stopped).then_some(())
    }

    fn put(&self, at: usize, result: Result<R>) {
        self.lock().waiting.insert(at, result);
        self.moved.notify_all();
    }

    /// The next result in order; `None` once the workers left and all were taken.
    fn take(&self) -> Option<Result<R>> {
        let mut state = self.lock();
        loop {
            let next = state.taken;
            if let Some(result) = state.waiting.remove(&next) {
                state.taken += 1;
                self.moved.notify_all();
                return Some(result);
            }
            if state.workers_left >= state.workers_started {
                return None;
            }
            state = self.wait(state);
        }
    }
}

/// Tells the line that a worker is gone, however it went.
struct Leaving<'a, R>(&'a Line<R>);

impl<R> Drop for Leaving<'_, R> {
    fn drop(&mut self) {
        self.0.lock().workers_left += 1;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
    use std::time::Duration;

    use super::*;

    /// Waits until the sender is gone.
    fn until_gone(receiver: &Mutex<Receiver<()>>) {
        let heard = lock(receiver).recv_timeout(Duration::from_secs(60));
        assert_eq!(heard, Err(RecvTimeoutError::Disconnected), "nobody has come so far");
    }

    #[test]
    fn results_come_in_the_order_of_their_tasks() {
        for threads in 1..5 {
            let (sender, receiver) = channel();
            let (sender, receiver) = (Mutex::new(Some(sender)), Mutex::new(receiver));
            let square = |n: u64| {
                // When as many tasks have begun after the first as there are threads, one of them is done.
                if n == threads {
                    drop(lock(&sender).take());
                }
                if n == 0 && threads > 1 {
                    until_gone(&receiver);
                }
                Ok(n * n)
            };
            let mut taken = Vec::new();
            let threads = usize::try_from(threads).unwrap();
            in_order((0..100).map(Ok), threads, square, |square| {
                taken.push(square);
                Ok(())
            })
            .unwrap();
            assert_eq!(taken, (0..100).map(|n| n * n).collect::<Vec<_>>());
        }
    }

    thread_local! {
        /// Goes when the thread ends.
        static ENDING: Cell<Option<Sender<()>>> = const { Cell::new(None) };
    }

    /// Whichever thread is quicker, the message is that of the first task.
    #[test]
    fn of_several_errors_the_first_tasks_is_returned() {
        let (sender, receiver) = channel();
        let (sender, receiver) = (Mutex::new(Some(sender)), Mutex::new(receiver));
        let fails = |(), n: u64| {
            match n {
                // The thread of the next task ends because that has failed.
                3 => until_gone(&receiver),
                4 => ENDING.set(lock(&sender).take()),
                _ => return Ok(()),
            }
            Err(EngineError::Changed(n.to_string()))
        };
        let failed = share((0..100).map(Ok), vec![(); 4], |(), n| fails((), n));
        assert_eq!(failed.unwrap_err().to_string(), "3 changed while it was read; nothing was written");
    }

    #[test]
    fn an_error_stops_both_ways() {
        let fails = |n: u64| if n == 7 { Err(EngineError::Interrupted) } else { Ok(n) };
        let mut taken = 0;
        let take = |n| {
            taken = n;
            Ok(())
        };
        assert!(matches!(in_order((0..1000).map(Ok), 3, fails, take), Err(EngineError::Interrupted)));
        assert_eq!(taken, 6);
        let take = |n: u64| {
            taken = n;
            fails(n).map(drop)
        };
        assert!(matches!(in_order((0..1000).map(Ok), 3, Ok, take), Err(EngineError::Interrupted)));
        assert_eq!(taken, 7);
        let shared = share((0..).map(Ok), vec![(), ()], |(), n| fails(n).map(drop));
        assert!(matches!(shared, Err(EngineError::Interrupted)));
    }
}
