; The installer for Windows: the app, the server without a window, licences, uninstaller. For one person without asking
; for rights, or for all users with them (which also lets the firewall in). Settings and shared files are never touched.
;
; `cargo xtask packages windows` makes the folder and calls:
;   makensis -DVERSION=1.2.3 -DSOURCE=folder -DOUTFILE=setup.exe potluck.nsi
; Silent: setup.exe /S [/CurrentUser | /AllUsers] [/D=folder]

Unicode true
; Debian's and GitHub's makensis both have it; a setup of 32 bits would not start where only 64 bits are.
Target amd64-unicode
SetCompressor /SOLID lzma
ManifestDPIAware true

!define APP "Potluck"
; The identifier of src-tauri/tauri.conf.json: messages of the desktop come from the shortcut that has it.
!define IDENTIFIER "app.potluck.desktop"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\${APP}"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define WEBVIEW2 "{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
; Microsoft's small download that installs the runtime.
!define WEBVIEW2_SETUP "https://go.microsoft.com/fwlink/p/?LinkId=2124703"

!define MULTIUSER_MUI
!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_INSTALLMODE_DEFAULT_CURRENTUSER
!define MULTIUSER_INSTALLMODE_INSTDIR "${APP}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_KEY "${UNINSTALL}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${UNINSTALL}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_USE_PROGRAMFILES64

!define MUI_ICON "${SOURCE}\potluck.ico"
!define MUI_UNICON "${SOURCE}\potluck.ico"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "Start ${APP}"
!define MUI_FINISHPAGE_RUN_FUNCTION Start

!include MultiUser.nsh
!include MUI2.nsh
!include LogicLib.nsh
!include Sections.nsh
!include FileFunc.nsh
!include Win\COM.nsh
!include Win\Propkey.nsh

Name "${APP}"
OutFile "${OUTFILE}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "${APP}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Installs ${APP}"
VIAddVersionKey LegalCopyright "MIT licence"

; After signing the setup, its uninstaller must be signed as well: the release passes the command that does it.
!ifdef SIGN_UNINSTALLER
  !uninstfinalize '${SIGN_UNINSTALLER} "%1"' = 0
!endif

!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${SOURCE}\LICENSE.txt"
!insertmacro MULTIUSER_PAGE_INSTALLMODE
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; Windows holds the files of a running program. The window of the app's single instance has a name.
!macro WAIT_UNTIL_ENDED
  ${Do}
    FindWindow $0 "${IDENTIFIER}-sic" "${IDENTIFIER}-siw"
    ${If} $0 P= 0
      ${ExitDo}
    ${EndIf}
    ${If} ${Silent}
    ${OrIfNot} ${Cmd} `MessageBox MB_RETRYCANCEL|MB_ICONINFORMATION \
        "${APP} is running. Choose Quit in the menu of its tray icon, then Retry here." IDRETRY`
      SetErrorLevel 3
      Abort
    ${EndIf}
  ${Loop}
!macroend

Function WaitUntilEnded
  !insertmacro WAIT_UNTIL_ENDED
FunctionEnd

Function un.WaitUntilEnded
  !insertmacro WAIT_UNTIL_ENDED
FunctionEnd

Section "${APP}" SectionApp
  SectionIn RO
  Call WaitUntilEnded
  SetOutPath "$INSTDIR"
  File "${SOURCE}\potluck.exe"
  File "${SOURCE}\potluck-server.exe"
  File "${SOURCE}\WebView2Loader.dll"
  File "${SOURCE}\LICENSE.txt"
  File "${SOURCE}\THIRD-PARTY.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateShortcut "$SMPROGRAMS\${APP}.lnk" "$INSTDIR\potluck.exe" "" "$INSTDIR\potluck.exe" 0 SW_SHOWNORMAL "" \
    "Share folders with the people around you"
  Call NameShortcut

  WriteRegStr SHCTX "${UNINSTALL}" "DisplayName" "${APP}"
  WriteRegStr SHCTX "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${UNINSTALL}" "DisplayIcon" "$INSTDIR\potluck.exe"
  WriteRegStr SHCTX "${UNINSTALL}" "Publisher" "${APP}"
  WriteRegStr SHCTX "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
  WriteRegStr SHCTX "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S /$MultiUser.InstallMode'
  WriteRegDWORD SHCTX "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD SHCTX "${UNINSTALL}" "EstimatedSize" "$0"
  Call OfferWebview2
SectionEnd

; Networks that the person called private, never public ones. Without the rule Windows asks at the first start.
Section "Let devices of private networks in (firewall)" SectionFirewall
  ${If} $MultiUser.InstallMode == "AllUsers"
    !macro ALLOW PROGRAM
      nsExec::ExecToLog 'netsh advfirewall firewall add rule name="${APP}" dir=in action=allow profile=private \
        enable=yes program="$INSTDIR\${PROGRAM}"'
      Pop $0
    !macroend
    nsExec::ExecToLog 'netsh advfirewall firewall delete rule name="${APP}"'
    Pop $0
    !insertmacro ALLOW "potluck.exe"
    !insertmacro ALLOW "potluck-server.exe"
  ${EndIf}
SectionEnd

LangString AboutApp ${LANG_ENGLISH} "The app with its tray icon, and the server without a window (potluck-server.exe)."
LangString AboutFirewall ${LANG_ENGLISH} "A rule for private networks only. It needs an installation for all users; \
  otherwise Windows asks when sharing starts."
!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${SectionApp} $(AboutApp)
  !insertmacro MUI_DESCRIPTION_TEXT ${SectionFirewall} $(AboutFirewall)
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Section "Uninstall"
  Call un.WaitUntilEnded
  Delete "$INSTDIR\potluck.exe"
  Delete "$INSTDIR\potluck-server.exe"
  Delete "$INSTDIR\WebView2Loader.dll"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\THIRD-PARTY.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${APP}.lnk"
  ; The start at login, which the app wrote for this person.
  DeleteRegValue HKCU "${RUN_KEY}" "${APP}"
  DeleteRegKey SHCTX "${UNINSTALL}"
  ${If} $MultiUser.InstallMode == "AllUsers"
    nsExec::ExecToLog 'netsh advfirewall firewall delete rule name="${APP}"'
    Pop $0
  ${EndIf}
SectionEnd

; Gives the shortcut the identifier of the app, without which Windows shows none of its messages.
Function NameShortcut
  !insertmacro ComHlpr_CreateInProcInstance ${CLSID_ShellLink} ${IID_IShellLink} r0 ""
  ${If} $0 P<> 0
    ${IUnknown::QueryInterface} $0 '("${IID_IPersistFile}",.r1)'
    ${IUnknown::QueryInterface} $0 '("${IID_IPropertyStore}",.r2)'
    ${If} $1 P<> 0
    ${AndIf} $2 P<> 0
      ; 2: to read and write.
      ${IPersistFile::Load} $1 '("$SMPROGRAMS\${APP}.lnk",2)'
      System::Call 'oleaut32::SysAllocString(w "${IDENTIFIER}")p.r5'
      System::Call '*${SYSSTRUCT_PROPERTYKEY}(${PKEY_AppUserModel_ID})p.r3'
      System::Call '*(&i2 ${VT_BSTR},&i6 0,p r5,p 0)p.r4'
      ${IPropertyStore::SetValue} $2 '($3,$4)'
      ${IPropertyStore::Commit} $2 ""
      ${IPersistFile::Save} $1 '("$SMPROGRAMS\${APP}.lnk",1)'
      System::Free $3
      System::Free $4
      System::Call 'oleaut32::SysFreeString(p r5)'
    ${EndIf}
    ${If} $2 P<> 0
      ${IUnknown::Release} $2 ""
    ${EndIf}
    ${If} $1 P<> 0
      ${IUnknown::Release} $1 ""
    ${EndIf}
    ${IUnknown::Release} $0 ""
  ${EndIf}
FunctionEnd

; The window is drawn by a part of Windows that old ones lack. The tray and the server do without.
Function OfferWebview2
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\${WEBVIEW2}" "pv"
  ${If} $0 == ""
    ReadRegStr $0 HKCU "Software\Microsoft\EdgeUpdate\Clients\${WEBVIEW2}" "pv"
  ${EndIf}
  ${If} $0 == ""
  ${OrIf} $0 == "0.0.0.0"
    DetailPrint "Microsoft's WebView2 is missing: without it ${APP} has no window. Get it at ${WEBVIEW2_SETUP}"
    ${If} ${Cmd} `MessageBox MB_YESNO|MB_ICONQUESTION "The window of ${APP} needs Microsoft's WebView2, which this \
        computer does not have. Open Microsoft's download in the browser now?$\n$\nSharing works without it, from the \
        tray." /SD IDNO IDYES`
      ExecShell "open" "${WEBVIEW2_SETUP}"
    ${EndIf}
  ${EndIf}
FunctionEnd

; Through the shell, so that it starts with the rights of the person, not those of the setup.
Function Start
  Exec '"$WINDIR\explorer.exe" "$INSTDIR\potluck.exe"'
FunctionEnd

Function .onInit
  SetRegView 64
  !insertmacro MULTIUSER_INIT
FunctionEnd

Function un.onInit
  SetRegView 64
  !insertmacro MULTIUSER_UNINIT
FunctionEnd
