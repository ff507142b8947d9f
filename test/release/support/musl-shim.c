/*
 * What Debian's libstdc++ and libgcc ask of glibc and musl does not have, so that both load in a musl root, where no
 * package of Debian brings their own kind. It takes the name of glibc's loader, which they ask for on some processors.
 */
#include <stddef.h>

size_t strftime_l(char *, size_t, const char *, const void *, void *);

size_t __strftime_l(char *text, size_t size, const char *format, const void *time, void *locale) {
  return strftime_l(text, size, format, time, locale);
}

unsigned long getauxval(unsigned long);
unsigned long __getauxval(unsigned long type) { return getauxval(type); }
unsigned arc4random(void) { return 4; }
int __cxa_thread_atexit_impl(void (*end)(void *), void *object, void *library) { return 0; }
int _dl_find_object(void *address, void *result) { return -1; }
int __cpu_indicator_init(void) { return 0; }
unsigned __cpu_model[4];
char __libc_single_threaded;
