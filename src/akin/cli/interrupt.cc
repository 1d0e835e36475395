#include "akin/cli/interrupt.h"

#include <fcntl.h>
#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "akin/base/threads.h"

namespace akin::cli {
namespace {

// A handler may only touch lock-free atomics and post a semaphore; a thread turns
// that into a request to stop.
std::atomic<int> signal_received{0};
sem_t wake;
std::atomic<int> unreadable{-1};  // a descriptor that cannot be read

/// A read that waits for standard input is tried again after a signal;
/// it must then fail instead of waiting on.
void on_signal(int signal) {
  const int saved = errno;
  signal_received.store(signal);
  if (const int fd = unreadable.load(); fd >= 0) ::dup2(fd, STDIN_FILENO);
  sem_post(&wake);
  errno = saved;
}

/// SA_RESETHAND: the second signal does what it does by default. No SA_RESTART:
/// a read that waits for input ends.
void handle(int signal) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  sem_init(&wake, 0, 0);
  unreadable.store(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  // The watcher takes no signals: they interrupt the working thread.
  pthread_sigmask(SIG_BLOCK, &all, &before);
  watcher_ = start_thread([this] {
    while (sem_wait(&wake) != 0) {
    }
    if (signal_received.load() != 0) source_.request_stop();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  handle(SIGINT);
  handle(SIGTERM);
}

Interrupt::~Interrupt() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  sem_post(&wake);
  watcher_.join();
  if (const int fd = unreadable.exchange(-1); fd >= 0) ::close(fd);
  sem_destroy(&wake);
}

int Interrupt::received() { return signal_received.load(); }

}  // namespace akin::cli
