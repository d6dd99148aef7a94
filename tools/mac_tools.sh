#!/bin/bash
# Builds Apple's own versions of the commands that the scripts of deploy/ call, for Linux: the tests of those scripts use
# them with MAC_TOOLS=FOLDER.
#
#   tools/mac_tools.sh SOURCES FOLDER
#
# SOURCES has a work tree of each of Apple's repositories bash, awk, text_cmds, shell_cmds, syslog and Libc. Nothing in it is
# changed. Needs gcc, make, bison and libbsd-dev.
set -euo pipefail
[ $# -eq 2 ] || { echo "Usage: tools/mac_tools.sh SOURCES FOLDER" >&2; exit 2; }
sources=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -a "$sources"/{bash,awk,text_cmds,shell_cmds,syslog,Libc} "$work"
cd "$work"

# What these sources expect of macOS, for all of them.
mkdir -p shim/sys/_types shim/System/sys
cat >shim/shim.h <<'END'
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include <wctype.h>
#define __dead2 __attribute__((noreturn))
#define __private_extern__ extern
#define __unused
#define EBADEXEC ENOEXEC
#define MNT_LOCAL 0
#define QUAD_MAX LLONG_MAX
#define SIGINFO SIGUSR1
#define st_atimespec st_atim
#define st_birthtime st_ctime
#define st_birthtimespec st_ctim
#define st_ctimespec st_ctim
#define st_mtimespec st_mtim
// A BSD getopt ends at the first argument that is no option.
#define getopt(count, values, options) getopt(count, values, "+" options)
#define getopt_long(count, values, options, ...) getopt_long(count, values, "+" options, __VA_ARGS__)
// In the C locale of macOS, every byte is a character.
static inline int byte_to_wide(wchar_t *wide, const char *s, size_t n) {
  if (MB_CUR_MAX > 1) return mbtowc(wide, s, n);
  if (s == NULL) return 0;
  if (n == 0) return -1;
  if (wide != NULL) *wide = (unsigned char)*s;
  return *s != 0;
}
#define mbtowc byte_to_wide
#define mblen(s, n) byte_to_wide(NULL, s, n)
END
cat >shim/get_compat.h <<<'#define COMPAT_MODE(command, mode) 1'
cat >shim/TargetConditionals.h <<<'#define TARGET_OS_OSX 1'
cat >shim/System/sys/codesign.h <<'END'
#define CS_OPS_STATUS 0
#define CS_INSTALLER 0
#define csops(pid, operation, flags, size) (*(flags) = 0)
END
# For options that no script uses: tail -f, find -acl and find -xattr.
cat >shim/sys/event.h <<'END'
enum { EVFILT_READ, EVFILT_VNODE, EV_ADD, EV_ENABLE, EV_CLEAR, NOTE_DELETE, NOTE_RENAME };
struct kevent { long ident, data; int filter, fflags; };
#define EV_SET(event, ...)
#define kqueue() -1
#define kevent(...) -1
END
cat >shim/sys/acl.h <<'END'
typedef void *acl_t, *acl_entry_t;
#define ACL_TYPE_EXTENDED 0
#define ACL_FIRST_ENTRY 0
#define acl_get_link_np(path, type) NULL
#define acl_get_entry(list, which, entry) -1
#define acl_free(list)
END
cat >shim/sys/xattr.h <<'END'
#define listxattr(path, ...) -1
#define getxattr(path, ...) -1
END
touch shim/{_bounds,_types,Availability,sys/sysctl,sys/ucred,sys/_types/_size_t,sys/_types/_wchar_t}.h
cat >shim/xlocale.h <<'END'
#include <locale.h>
#include <wchar.h>
#define duplocale(locale) duplocale(uselocale(0))
#define MB_CUR_MAX_L(locale) MB_CUR_MAX
#define mbrtowc_l(wide, s, n, state, locale) (MB_CUR_MAX > 1 ? mbrtowc(wide, s, n, state) : byte_to_wide(wide, s, n))
#define wcsrtombs_l(s, wide, n, state, locale) wcsrtombs(s, wide, n, state)
END
# macOS's regular expressions, in place of glibc's.
cat >shim/regex.h <<'END'
#define _LIBC_SINGLE_BY_DEFAULT()
#define _LIBC_UNSAFE_INDEXABLE
#define _LIBC_COUNT(n)
#define __DARWIN_C_LEVEL 1
#define __DARWIN_C_FULL 1
#define __DARWIN_ALIAS(name)
#define __MAC_10_8 0
#define __OSX_AVAILABLE_STARTING(mac, ios)
#define __cold
#define __darwin_off_t long
#include "../Libc/include/_regex.h"
END
# In the C locale, a character collates as itself.
cat >shim/collate.c <<'END'
#include <xlocale.h>
void __collate_lookup(char *s, int *n, int *first, int *second) { *n = 1; *first = (unsigned char)*s; *second = 0; }
void __collate_lookup_l(wchar_t *s, int *n, int *first, int *second, locale_t l) { *n = 1; *first = *s; *second = 0; }
int __collate_equiv_wchar(locale_t l, wchar_t a, wchar_t b, int ignore_case) { return a == b; }
int __collate_range_cmp(wchar_t a, wchar_t b, locale_t l) { return a - b; }
wchar_t __collate_equiv_value(locale_t l, const wchar_t *s, size_t n) { return n == 1 ? *s : 0; }
END

flags=(-O1 -w -fmax-errors=3 -Werror=implicit-function-declaration -D_GNU_SOURCE -D__APPLE__ -DLIBBSD_OVERLAY)
flags+=(-include "$work/shim/shim.h" -I "$work/shim" -isystem /usr/include/bsd)

# build FOLDER NAME FLAG...: all C files of a folder are a command.
build() {
  (cd "$1" && gcc "${flags[@]}" "${@:3}" -o "$out/$2" ./*.c "$work"/regex/*.o -lbsd -lm)
}

mkdir regex
# Its characters are signed on macOS.
sed -i 's/typedef wint_t tre_cint_t/typedef int tre_cint_t/' Libc/regex/TRE/lib/tre-internal.h
for file in Libc/regex/TRE/lib/*.c Libc/regex/FreeBSD/regerror.c shim/collate.c; do
  gcc "${flags[@]}" -U__APPLE__ -DHAVE_CONFIG_H -Ddbm=1 -I Libc/regex/TRE -I Libc/regex/FreeBSD \
    -c "$file" -o "regex/$(basename "$file" .c).o"
done
for name in cat head sed tail; do build text_cmds/$name $name -DMAXPHYS=65536; done
for name in date env; do build shell_cmds/$name $name; done
bison -y -o shell_cmds/find/getdate.c shell_cmds/find/getdate.y 2>/dev/null
build shell_cmds/find find
rm awk/src/maketab.c
build awk/src awk
build syslog/newsyslog newsyslog -DUF_NODUMP=0 -Dgl_matchc=gl_pathc '-Dchflags(path,flags)=0' \
  '-Dfchflags(file,flags)=0' '-Ddbtob(blocks,size)=((blocks)*512)'

cd bash/bash-3.2
{
  ./configure --without-bash-malloc --disable-nls --without-curses
  make CFLAGS="-O1 -w -std=gnu99 -fgnu89-inline -fcommon -Werror=implicit-function-declaration -D_GNU_SOURCE \
    -D__APPLE__ -DEBADEXEC=ENOEXEC -include bsd/stdio.h -I$work/shim" LOCAL_LIBS="$work/regex/collate.o -lbsd"
} >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
cp bash "$out"
